import type { NodeAPI } from 'node-red'
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

  RED.nodes.registerType<ServerNode, GladysServerConfig, object, GladysServerCredentials>(
    'gladys-server',
    GladysServerNode,
    {
      credentials: {
        mqttUsername: { type: 'text' },
        mqttPassword: { type: 'password' },
        email: { type: 'text' },
        password: { type: 'password' }
      }
    }
  )
}
