// Checks whatever our nodes send against schemas/, in the process of a test and in a Node-RED that it starts.
const { readdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { Ajv } = require('ajv')

const DIRECTORY = join(__dirname, '../../schemas')
const HOOK = 'onSend.contracts'
/** What was found, until a test has failed by it. */
const faults = new Set()
/** By type of the node and number of its output. */
const validators = new Map()

function validatorOf(type, port) {
  if (validators.size === 0) {
    const ajv = new Ajv({ allowUnionTypes: true })
    for (const name of readdirSync(DIRECTORY)) {
      const [node, output] = name.replace('.json', '').split('.')
      const schema = JSON.parse(readFileSync(join(DIRECTORY, name), 'utf8'))
      validators.set(`${node} ${output === undefined ? 0 : output - 1}`, ajv.compile(schema))
    }
  }
  return validators.get(`${type} ${port}`)
}

/** What is wrong with a message: of several forms the one that is nearest, which has the deepest fault. */
function faultIn(type, port, msg) {
  const validate = validatorOf(type, port)
  if (validate === undefined) return `${type} has no schema for output ${port + 1}`
  if (validate(msg)) return undefined
  const depth = ({ instancePath }) => instancePath.split('/').length
  const faults = [...validate.errors].sort((a, b) => depth(b) - depth(a))
  const told = faults.slice(0, 3).map(({ instancePath, message, params }) => {
    return `${instancePath || 'msg'} ${message} ${JSON.stringify(params)}`
  })
  return `${type}, output ${port + 1}: ${told.join('; ')}`
}

/** `hooks` of the Node-RED in question; `report` is called with each fault. */
function watchContracts(hooks, report) {
  hooks.remove(HOOK)
  hooks.add(HOOK, events => {
    for (const { msg, source } of events) {
      const { type } = source.node
      if (!/^(withings|gladys)-/.test(type) || !msg) continue
      const fault = faultIn(type, source.port, msg)
      if (fault !== undefined) report(fault)
    }
  })
}

module.exports = { faults, watchContracts }
