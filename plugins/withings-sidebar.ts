import type { NodeAPI } from 'node-red'
import { registerImportRoutes } from '../lib/red/admin/import-routes'
import { registerOverviewRoutes } from '../lib/red/admin/overview-routes'

/** What the sidebar asks for. A plugin of its own, so that a fault in the Gladys half leaves the accounts alone. */
export = (RED: NodeAPI): void => {
  registerImportRoutes(RED)
  registerOverviewRoutes(RED)
}
