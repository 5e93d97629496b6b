/** The watcher with Podman. */

import { writeFileSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { withLab } from '../../../tests/harness/in-lab.ts'
import { describeIf, needsPrograms, needsRoot } from '../../../tests/harness/requirements.ts'
import { POD_ID_LABEL, watch } from '../src/index.ts'
import { engineSuite } from './support/engine-suite.ts'
import { PodmanDaemon } from './support/podman-daemon.ts'
import { Told, untilEmpty } from './support/told.ts'

engineSuite({
  name: 'podman',
  programs: ['podman', 'conmon'],
  make: (lab) => new PodmanDaemon(lab),
  tellsStart: true,
})

describeIf('podman with pods', [needsRoot, needsPrograms('podman', 'conmon', 'runc', 'busybox', 'tar')], () => {
  it('the pod of a container is a label, in lists and in events', () =>
    withLab(async (lab) => {
      const podman = new PodmanDaemon(lab)
      await podman.start()
      try {
        const { Id: pod } = (await podman.call('POST', '/v4.0.0/libpod/pods/create', { name: 'pod', no_infra: true })) as { Id: string }
        const inPod = {
          image: 'box',
          pod,
          command: ['sleep', '1000'],
          netns: { nsmode: 'none' },
          stop_signal: 9,
          cgroup_parent: `/${lab.mark}`,
        }
        const start = async (name: string): Promise<void> => {
          await podman.call('POST', '/v4.0.0/libpod/containers/create', { ...inPod, name })
          await podman.do(name, 'start')
        }
        await start('listed')
        await using watcher = watch(podman.socket)
        const told = new Told(watcher)
        await told.until('started listed')
        await start('heard')
        await told.until('started heard')
        expect([...watcher.portfolio].map(({ name, labels }) => [name, labels[POD_ID_LABEL]])).toEqual([
          ['listed', pod],
          ['heard', pod],
        ])
        await watcher.refresh()
        expect(told.brief.filter((one) => one.startsWith('updated'))).toEqual([])
        await podman.clear()
        await podman.call('DELETE', `/v4.0.0/libpod/pods/${pod}?force=true`)
      } finally {
        await podman.close()
      }
    }))
})

describeIf('podman of another machine', [needsRoot, needsPrograms('podman', 'conmon', 'runc', 'busybox', 'tar')], () => {
  const { PATH } = process.env

  afterEach(() => {
    process.env['PATH'] = PATH
  })

  it('is watched by way of ssh, which is played by a script that runs the command here', () =>
    withLab(async (lab) => {
      const podman = new PodmanDaemon(lab)
      await podman.start()
      try {
        const script = '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift 2\nexec sh -c "$*"\n'
        writeFileSync(lab.path('ssh'), script, { mode: 0o700 })
        process.env['PATH'] = `${lab.dir}:${PATH}`
        await podman.run('first')
        await using watcher = watch(`ssh://me@elsewhere${podman.socket}`, { type: 'podman.io' })
        const told = new Told(watcher)
        await told.until('started first')
        await podman.run('second')
        await told.until('started second')
        await podman.clear()
        await untilEmpty(watcher)
      } finally {
        await podman.close()
      }
    }))
})
