interface Hooks {
  add(name: string, hook: (events: unknown) => void): void
  remove(name: string): void
}

/** What was found, until a test has failed by it. */
export const faults: Set<string>

/** `hooks` of the Node-RED in question; `report` is called with what is wrong in a message of ours. */
export function watchContracts(hooks: Hooks, report: (fault: string) => void): void
