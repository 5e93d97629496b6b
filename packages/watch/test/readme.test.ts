/** The programs of the README, with real engines, on Node and on Bun. */

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Lab } from '../../../tests/harness/lab.ts'
import { home } from '../../../tests/harness/native.ts'
import { describeIf, needsPrograms, needsRoot } from '../../../tests/harness/requirements.ts'
import { patience } from '../../../tests/harness/wait.ts'
import { closeLab } from './support/close-lab.ts'
import { CriDaemon } from './support/cri-daemon.ts'
import { DockerDaemon } from './support/docker-daemon.ts'

const readme = readFileSync(join(home, 'packages/watch/README.md'), 'utf8')
const snippets = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code)
const bun = join(home, 'node_modules/@oven/bun-linux-x64/bin/bun')
const engines: readonly (readonly [name: string, command: readonly string[]])[] = [
  ['Node', [process.execPath, '--conditions=@teu/source', '--import', 'tsx']],
  ...(existsSync(bun) ? [['Bun', [bun, '--conditions=@teu/source']] as const] : []),
]

describeIf('README of @teu/watch', [needsRoot, needsPrograms('dockerd', 'containerd', 'ctr', 'runc', 'busybox', 'tar')], () => {
  let lab: Lab
  let docker: DockerDaemon
  let criLab: Lab
  let cri: CriDaemon
  // Within the project, so that packages are found.
  let dir: string

  beforeAll(async () => {
    lab = new Lab()
    docker = new DockerDaemon(lab)
    await docker.start()
    await docker.run('web', { labels: { 'com.docker.compose.project': 'shop', tier: 'front' } })
    criLab = new Lab()
    cri = new CriDaemon(criLab, criLab.path('crio.sock'))
    await cri.start()
    await cri.run(await cri.runPod('front'), 'web')
    dir = join(home, 'build', `readme-${lab.mark}`)
    mkdirSync(dir, { recursive: true })
  })

  afterAll(async () => {
    rmSync(dir, { recursive: true })
    await closeLab(criLab, cri)
    await closeLab(lab, docker)
  })

  for (const [engine, [command = '', ...args]] of engines) {
    for (const [n, code] of snippets.entries()) {
      it(`program ${n + 1} prints what its comments say, on ${engine}`, async () => {
        const file = join(dir, `program-${n}.mts`)
        writeFileSync(file, code.replaceAll('/run/docker.sock', docker.socket).replaceAll('/run/crio/crio.sock', cri.socket))
        const env = { ...process.env, DOCKER_HOST: `unix://${docker.socket}` }
        const { stdout } = await promisify(execFile)(command, [...args, file], { cwd: home, env, timeout: 60_000 * patience })
        const promised = [...code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, text = '']) => text)
        expect(promised.length).toBeGreaterThan(0)
        for (const text of promised) expect(stdout).toContain(text)
      })
    }
  }
})
