// Loaded by mocha for every spec: what a node sends in a test, or in a Node-RED that it starts, has to be what its
// schema says.
import { faults, watchContracts } from './contracts.cjs'

// Without types of its own.
const { hooks } = require('@node-red/util') as { hooks: Parameters<typeof watchContracts>[0] }

function fail(): void {
  const found = [...faults]
  faults.clear()
  if (found.length > 0) throw new Error(`not as schemas/ says: ${found.join('\n')}`)
}

export const mochaHooks = {
  beforeEach(): void {
    watchContracts(hooks, (fault: string) => faults.add(fault))
  },
  afterEach: fail,
  // A Node-RED of several tests ends after the last one.
  afterAll: fail
}
