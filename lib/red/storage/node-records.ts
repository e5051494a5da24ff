import type { NodeAPI } from 'node-red'
import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'

/** What is kept by node id: records, or folders named with `fileNameOf`. */
export interface NodeRecords {
  ids(): string[]
  delete(id: string): Promise<void>
}

/** A folder of ours in Node-RED's user directory; undefined where Node-RED has none. */
export function folderIn(RED: NodeAPI, name: string): string | undefined {
  const { userDir } = RED.settings as { userDir?: unknown }
  return typeof userDir === 'string' && userDir !== '' ? join(userDir, name) : undefined
}

/** The id of a node as a name on disk. Those of old versions of Node-RED have dots. */
export function fileNameOf(id: string): string {
  return id.replace(/[^\w-]/g, '_')
}

/** The folders in such a folder, each named for its node, as records of nodes. */
export function foldersOfNodes(RED: NodeAPI, name: string): NodeRecords {
  const folder = folderIn(RED, name)
  if (folder === undefined) return { ids: () => [], delete: () => Promise.resolve() }
  return {
    ids: () => {
      try {
        const entries = readdirSync(folder, { withFileTypes: true })
        return entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
      } catch {
        return []
      }
    },
    delete: id => rm(join(folder, id), { recursive: true, force: true })
  }
}
