// Runs the runtime, package and browser tests on each Node-RED that Gladys starts, one after the other.
import { install, mocha, nodeReds, testsOn, versionOf } from './node-reds.mjs'

const wanted = process.argv.slice(2)
const failed = []
for (const entry of nodeReds.filter(({ nodeRed }) => wanted.length === 0 || wanted.includes(nodeRed))) {
  const env = await install(entry)
  console.log(`\n== Node-RED ${versionOf(env)}`)
  const tests = Object.values(testsOn(entry, 2)).filter(args => args !== undefined)
  for (const args of tests) {
    const { status, output } = await mocha(args, env)
    console.log(output)
    if (status !== 0) failed.push(entry.nodeRed)
  }
}
if (failed.length > 0) {
  console.error(`failed on Node-RED ${[...new Set(failed)].join(', ')}`)
  process.exitCode = 1
}
