/** The programs of the README, with a real engine, on Node and on Bun. */

import { afterAll, beforeAll, it } from 'vitest'
import { Lab } from '../../../tests/harness/lab.ts'
import { expectProgram, programsOf, sourceEngines } from '../../../tests/harness/readme.ts'
import { describeIf, needsPrograms, needsRoot } from '../../../tests/harness/requirements.ts'
import { closeLab } from './support/close-lab.ts'
import { DockerDaemon } from './support/docker-daemon.ts'

const programs = programsOf('packages/watch/README.md')

describeIf('README of @teu/watch', [needsRoot, needsPrograms('dockerd', 'containerd', 'runc', 'busybox', 'tar')], () => {
  let lab: Lab
  let docker: DockerDaemon

  beforeAll(async () => {
    lab = new Lab()
    docker = new DockerDaemon(lab)
    await docker.start()
    await docker.run('web', { labels: { 'com.docker.compose.project': 'shop', tier: 'front' } })
  })

  afterAll(() => closeLab(lab, docker))

  for (const engine of sourceEngines) {
    for (const [n, code] of programs.entries()) {
      it(`program ${n + 1} prints what its comments say, on ${engine.name}`, () =>
        expectProgram(
          engine,
          code.replaceAll('/run/docker.sock', docker.socket).replaceAll('/run/containerd/containerd.sock', docker.containerdSocket),
        ))
    }
  }
})
