// Loaded by mocha for every spec: what a node sends in a test has to be what its schema says.
import { watchContracts } from './contracts.cjs'

// Without types of its own.
const { hooks } = require('@node-red/util') as { hooks: Parameters<typeof watchContracts>[0] }
const faults = new Set<string>()

export const mochaHooks = {
  beforeEach(): void {
    watchContracts(hooks, (fault: string) => faults.add(fault))
  },
  afterEach(): void {
    const found = [...faults]
    faults.clear()
    if (found.length > 0) throw new Error(`not as schemas/ says: ${found.join('\n')}`)
  }
}
