import { registerSidebarRoutes } from '../lib/red/admin/sidebar-routes'

/** What the sidebar asks for. A plugin of its own, so that a fault in the Gladys half leaves the accounts alone. */
export = registerSidebarRoutes
