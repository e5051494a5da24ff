import type { NodeAPI, NodeCredentials } from 'node-red'
import { gladysSessions, type ServerNode, SERVERS, startServer } from '../lib/red/gladys/server-node'
import { foldersOfNodes } from '../lib/red/storage/node-records'
import { forgetOrphans } from '../lib/red/storage/orphan-cleanup'
import type { GladysServerConfig, GladysServerCredentials } from './gladys-server.types'

export = (RED: NodeAPI): void => {
  const sessions = gladysSessions(RED)
  forgetOrphans(RED, {
    gladysSessions: { ids: () => sessions.ids(), delete: id => sessions.remove(id) },
    gladysFolders: foldersOfNodes(RED, SERVERS)
  })

  function GladysServerNode(this: ServerNode, config: GladysServerConfig): void {
    RED.nodes.createNode(this, config)
    this.users = {}
    this.server = startServer(RED, this, config)
    this.on('close', (done: () => void) => void this.server.close().finally(done))
  }

  const credentials: NodeCredentials<GladysServerCredentials> = {
    mqttUsername: { type: 'text' },
    mqttPassword: { type: 'password' },
    email: { type: 'text' },
    password: { type: 'password' }
  }
  RED.nodes.registerType('gladys-server', GladysServerNode, { credentials })
}
