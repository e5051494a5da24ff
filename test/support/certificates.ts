import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** Files with a certificate for 127.0.0.1, its key, and who vouches for it. */
export interface Certificates {
  ca: string
  cert: string
  key: string
}

export function hasOpenssl(): boolean {
  return spawnSync('openssl', ['version']).status === 0
}

/** A fresh authority and a certificate that it signed, for a day. */
export function makeCertificates(directory: string): Certificates {
  const file = (name: string): string => join(directory, name)
  const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const ca = [
    '-x509',
    '-days',
    '1',
    '-subj',
    '/CN=Test authority',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.pem')
  ]
  openssl('req', ...key, ...ca)
  openssl(
    ...['req', ...key, '-x509', '-days', '1', '-subj', '/CN=127.0.0.1'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=CA:FALSE'],
    ...['-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-keyout', file('key.pem'), '-out', file('cert.pem')]
  )
  return { ca: file('ca.pem'), cert: file('cert.pem'), key: file('key.pem') }
}
