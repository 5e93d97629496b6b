/** Docker over other addresses than a socket of this machine. */

import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Lab } from '../../../tests/harness/lab.ts'
import { describeIf, needsPrograms, needsRoot } from '../../../tests/harness/requirements.ts'
import { DockerEngine, type DockerOptions, exponentialBackoff, openConfigured, watch, watchAll } from '../src/index.ts'
import { makeCertificates } from './support/certificates.ts'
import { closeLab } from './support/close-lab.ts'
import { DockerDaemon } from './support/docker-daemon.ts'
import { aliveOf, Told, untilTrue } from './support/told.ts'

const quick = { backoff: exponentialBackoff({ minMs: 50, maxMs: 200 }) }

/** dockerd that listens on a port of the loopback interface too. */
class TcpDockerDaemon extends DockerDaemon {
  port = 0
  /** Directory with the server's certificate; undefined for none. */
  certificates: string | undefined

  protected override line(): { command: string[]; env: Record<string, string> } {
    const { command, env } = super.line()
    const dir = this.certificates
    const files =
      dir === undefined ? [] : ['ca', 'cert', 'key'].map((name) => `--tls${name === 'ca' ? 'cacert' : name}=${join(dir, `${name}.pem`)}`)
    const tls = dir === undefined ? ['--tls=false'] : ['--tlsverify', ...files]
    return { command: [...command, '--host', `tcp://127.0.0.1:${this.port}`, ...tls], env }
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describeIf('dockerd on a port', [needsRoot, needsPrograms('dockerd', 'containerd', 'runc', 'busybox', 'tar', 'openssl')], () => {
  let lab: Lab
  let daemon: TcpDockerDaemon
  let ours: { server: string; client: string }
  let address: string

  beforeAll(async () => {
    lab = new Lab()
    daemon = new TcpDockerDaemon(lab)
    daemon.port = await freePort()
    address = `tcp://127.0.0.1:${daemon.port}`
    ours = await makeCertificates(lab, 'ours')
    daemon.certificates = ours.server
    await daemon.start()
    await daemon.run('first')
  })

  afterAll(async () => {
    await closeLab(lab, daemon)
  })

  it('is watched with TLS, over a restart', async () => {
    await using watcher = watch(address, { ...quick, tls: { directory: ours.client } })
    const told = new Told(watcher)
    await watcher.ready()
    expect(watcher.api).toBe(address)
    expect(aliveOf(watcher.portfolio)).toEqual(await daemon.alive())
    await daemon.run('second', { command: ['sh', '-c', 'sleep 0.5; exit 3'] })
    await told.until('started second')
    await told.until('exited second (3)')
    await daemon.stop('SIGKILL')
    await told.until('lost')
    await daemon.start()
    await told.until('synced')
    await untilTrue(watcher, () => daemon.alive())
    expect(told.brief).toEqual(['started first', 'synced', 'started second', 'exited second (3)', 'lost', 'synced'])
  })

  it('is the engine of DOCKER_HOST with its companions, also in the view of all engines', async () => {
    const env = { DOCKER_HOST: address, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: ours.client, DOCKER_API_VERSION: '1.40' }
    await using engine = openConfigured({}, env)
    expect((await engine.list()).map(({ name }) => name)).toEqual(['first'])
    await using tooNew = openConfigured({}, { ...env, DOCKER_API_VERSION: '1.99' })
    await expect(tooNew.list()).rejects.toMatchObject({ code: 'ERR_TEU_UNSUPPORTED' })
    const find = { proc: lab.dir, users: lab.dir, sources: [] }
    await using all = watchAll({ env, find, discoverIntervalMs: Infinity })
    await all.ready()
    expect([...all.portfolio].map(({ name, engine: { api } }) => [name, api])).toEqual([['first', address]])
  })

  it('is not talked to when its certificate, or ours, is not right', async () => {
    const theirs = await makeCertificates(lab, 'theirs')
    const ask = async (options: DockerOptions): Promise<unknown> => {
      await using engine = new DockerEngine(address, options)
      return await engine.list().catch((error: unknown) => error)
    }
    const refused = (why: RegExp): unknown => expect.objectContaining({ code: 'ERR_TEU_SYSTEM', message: expect.stringMatching(why) })
    expect(await ask({ tls: { directory: theirs.client } })).toEqual(refused(/Cannot talk to tcp:.*certificate/))
    expect(await ask({ tls: { directory: theirs.client, skipVerify: true } })).toEqual(refused(/Cannot talk to tcp:/))
    expect(await ask({ tls: {} })).toEqual(refused(/certificate/))
    expect(await ask({ tls: false })).toEqual(refused(/status 400/))
    expect(await ask({ tls: { directory: ours.client, skipVerify: true } })).toHaveLength(1)
  })

  it('is watched in the clear', async () => {
    await daemon.stop()
    daemon.certificates = undefined
    await daemon.start()
    await using watcher = watch(address, { ...quick, tls: false })
    const told = new Told(watcher)
    await watcher.ready()
    await daemon.do('first', 'pause')
    await told.until('paused first')
    await daemon.clear()
    await told.until('exited first (137)')
  })
})
