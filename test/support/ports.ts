import { type AddressInfo, createServer } from 'node:net'

/** The wanted port of loopback when it is free, else any. */
export async function freePort(wanted = 0): Promise<number> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(wanted, '127.0.0.1', resolve)
    })
  } catch (error) {
    if (wanted !== 0) return freePort()
    throw error
  }
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}
