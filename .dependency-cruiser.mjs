/** Rooms of lib/, lowest first; each may import those in the lines above and in its own (ARCHITECTURE.md). */
const FLOORS = [
  ['base'],
  ['withings/api', 'withings/readings'],
  ['withings/auth', 'withings/devices', 'withings/sync'],
  ['withings/measures', 'withings/activity'],
  ['withings/heart'],
  ['withings/sleep'],
  ['withings/notifications', 'withings/history', 'withings/diagnostics'],
  ['gladys'],
  ['red']
]

const pathOf = rooms => `^lib/(${rooms.join('|')})/`

const upwards = FLOORS.slice(0, -1).map((rooms, floor) => ({
  name: `upwards from ${rooms.join(', ')}`,
  severity: 'error',
  from: { path: pathOf(rooms) },
  to: { path: `${pathOf(FLOORS.slice(floor + 1).flat())}|^(nodes|plugins)/` }
}))

export default {
  forbidden: [
    ...upwards,
    {
      // A fault in the Gladys half must not disable the accounts.
      name: 'from a Withings node to the Gladys half',
      severity: 'error',
      from: { path: '^nodes/withings-' },
      to: { path: '^lib/(gladys|red/(gladys|imports|overview))/', reachable: true }
    },
    { name: 'circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'RED outside of lib/red',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/red/' },
      to: { path: 'node_modules/(@types/)?(@node-red|node-red|express)' }
    }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' }
  }
}
