/** The programs of the README, with real engines, on Node and on Bun. */

import { afterAll, beforeAll, it } from 'vitest'
import { Lab } from '../../../tests/harness/lab.ts'
import { expectProgram, programsOf, sourceEngines } from '../../../tests/harness/readme.ts'
import { describeIf, needsPrograms, needsRoot } from '../../../tests/harness/requirements.ts'
import { closeLab } from './support/close-lab.ts'
import { CriDaemon } from './support/cri-daemon.ts'
import { DockerDaemon } from './support/docker-daemon.ts'

const programs = programsOf('packages/watch/README.md')

describeIf('README of @teu/watch', [needsRoot, needsPrograms('dockerd', 'containerd', 'ctr', 'runc', 'busybox', 'tar')], () => {
  let lab: Lab
  let docker: DockerDaemon
  let criLab: Lab
  let cri: CriDaemon

  beforeAll(async () => {
    lab = new Lab()
    docker = new DockerDaemon(lab)
    await docker.start()
    await docker.run('web', { labels: { 'com.docker.compose.project': 'shop', tier: 'front' } })
    criLab = new Lab()
    cri = new CriDaemon(criLab, criLab.path('crio.sock'))
    await cri.start()
    await cri.run(await cri.runPod('front'), 'web')
  })

  afterAll(async () => {
    await closeLab(criLab, cri)
    await closeLab(lab, docker)
  })

  for (const engine of sourceEngines) {
    for (const [n, code] of programs.entries()) {
      it(`program ${n + 1} prints what its comments say, on ${engine.name}`, async () => {
        const sockets = [
          ['/run/docker.sock', docker.socket],
          ['/run/containerd/containerd.sock', docker.containerdSocket],
          ['/run/crio/crio.sock', cri.socket],
        ] as const
        const program = sockets.reduce((text, [usual, own]) => text.replaceAll(usual, own), code)
        await expectProgram(engine, program, { env: { DOCKER_HOST: `unix://${docker.socket}` } })
      })
    }
  }
})
