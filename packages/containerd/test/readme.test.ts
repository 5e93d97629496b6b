/** The programs of the README, with a real daemon, on Node and on Bun. Where CRIU would be there is a runtime that writes files. */

import { existsSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Lab } from '../../../tests/harness/lab.ts'
import { expectProgram, programsOf, sourceEngines } from '../../../tests/harness/readme.ts'
import { describeIf } from '../../../tests/harness/requirements.ts'
import { Layout } from '../src/testing/image-files.ts'
import { baseLayer } from './image/busybox-image.ts'
import { Daemon } from './support/daemon.ts'
import { daemonRequirements, runc } from './support/runtimes.ts'
import { removeRuncRoot, RUNC_ROOT } from './support/runc-root.ts'
import { stubRuntime } from './support/stub-runtime.ts'

const programs = programsOf('packages/containerd/README.md')
/** Of the client, when nobody says otherwise. */
const STATE_PARENT = '/run/teu/containerd'

describeIf('README of @teu/containerd', daemonRequirements, () => {
  let lab: Lab
  let daemon: Daemon
  const made = [STATE_PARENT, dirname(STATE_PARENT)].filter((dir) => !existsSync(dir))

  beforeAll(async () => {
    lab = new Lab()
    daemon = new Daemon(lab, runc)
    daemon.runtimeRoot = RUNC_ROOT
    daemon.env = { PATH: `${dirname(stubRuntime(lab))}:${process.env['PATH']}` }
    await daemon.start()
    const layout = new Layout()
    layout.tag(layout.image({ layers: [await baseLayer()], run: { Cmd: ['sh'], Env: ['PATH=/bin'] } }), 'docker.io/library/busybox:latest')
    writeFileSync(lab.path('busybox.tar'), await layout.archive())
  })

  afterAll(async () => {
    try {
      await closeDaemon()
      await lab.close({ check: true })
    } finally {
      removeRuncRoot(daemon.namespace)
      rmSync(join(STATE_PARENT, daemon.namespace), { recursive: true, force: true })
      for (const dir of made) if (readdirSync(dir).length === 0) rmdirSync(dir)
    }
  })

  async function closeDaemon(): Promise<void> {
    try {
      await daemon.close()
    } catch (error) {
      await daemon.end()
      await lab.close({ check: false })
      throw error
    }
  }

  for (const engine of sourceEngines) {
    for (const [n, code] of programs.entries()) {
      it(`program ${n + 1} prints what its comments say, and leaves nothing, on ${engine.name}`, async () => {
        const ours = code.replaceAll('/srv/rootfs', daemon.rootfs).replaceAll('/srv/', `${lab.path(engine.name)}/`)
        const env = { CONTAINERD_ADDRESS: daemon.address, CONTAINERD_NAMESPACE: daemon.namespace }
        await expectProgram(engine, ours, { cwd: lab.dir, env })
        const client = await daemon.client()
        expect(await client.list()).toEqual([])
        expect(readdirSync(join(STATE_PARENT, daemon.namespace))).toEqual([])
      })
    }
  }
})
