/** Certificates for a daemon on the loopback interface and its clients. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from '../../../../tests/harness/lab.ts'

/** Makes an authority, and in a directory each, as docker has them, `ca.pem`, `cert.pem` and `key.pem` of a server and of a client. */
export async function makeCertificates(lab: Lab, name: string): Promise<{ server: string; client: string }> {
  const authority = lab.path(`${name}-ca`)
  mkdirSync(authority)
  const openssl = async (...args: readonly string[]): Promise<void> => {
    const { status, stderr } = await lab.command(['openssl', ...args])
    if (status !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`)
  }
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const [caCert, caKey] = [join(authority, 'ca.pem'), join(authority, 'key.pem')]
  await openssl('req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${name} authority`, '-keyout', caKey, '-out', caCert)
  const issue = async (role: string, extensions: readonly string[]): Promise<string> => {
    const dir = lab.path(`${name}-${role}`)
    mkdirSync(dir)
    const request = join(dir, 'request.pem')
    await openssl('req', ...newKey, '-subj', `/CN=${role}`, '-keyout', join(dir, 'key.pem'), '-out', request)
    writeFileSync(join(dir, 'extensions'), `${extensions.join('\n')}\n`)
    const signer = ['-CA', caCert, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', join(dir, 'extensions')]
    await openssl('x509', '-req', '-in', request, ...signer, '-out', join(dir, 'cert.pem'))
    const { status } = await lab.command(['cp', caCert, join(dir, 'ca.pem')])
    if (status !== 0) throw new Error(`cannot copy ${caCert}`)
    return dir
  }
  const server = await issue('server', ['subjectAltName=IP:127.0.0.1', 'extendedKeyUsage=serverAuth'])
  return { server, client: await issue('client', ['extendedKeyUsage=clientAuth']) }
}
