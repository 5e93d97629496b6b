/** Finding engines, and all of them in one view. */

import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Lab } from '../../../tests/harness/lab.ts'
import { describeIf, needsPrograms, needsRoot } from '../../../tests/harness/requirements.ts'
import { eventually } from '../../../tests/harness/wait.ts'
import { ContainerdEngine, DockerEngine, exponentialBackoff, findEngines, PodmanEngine, watchAll } from '../src/index.ts'
import { brief, Follower } from '../src/testing/told.ts'
import { closeLab } from './support/close-lab.ts'
import { DockerDaemon } from './support/docker-daemon.ts'
import { HiddenPodman, PodmanDaemon } from './support/podman-daemon.ts'
import { untilEmpty, untilTrue } from './support/told.ts'

const newBackoff = (): ReturnType<typeof exponentialBackoff> => exponentialBackoff({ minMs: 50, maxMs: 200 })
const programs = ['dockerd', 'containerd', 'podman', 'conmon', 'runc', 'busybox', 'tar', 'unshare', 'mount']

describeIf('all engines of the machine', [needsRoot, needsPrograms(...programs)], () => {
  const labs: Lab[] = []
  let docker: DockerDaemon
  let podman: PodmanDaemon

  const ours = (address: string): boolean => labs.some(({ mark }) => address.includes(mark))

  beforeAll(async () => {
    labs.push(new Lab(), new Lab(), new Lab())
    const [one, two] = labs as [Lab, Lab]
    // Names that say nothing.
    docker = new DockerDaemon(one, one.path('a.socket'), 'elsewhere')
    podman = new PodmanDaemon(two, two.path('b.socket'))
    await Promise.all([docker.start(), podman.start()])
  })

  afterAll(async () => {
    const [one, two, three] = labs as [Lab, Lab, Lab]
    await closeLab(one, docker)
    await closeLab(two, podman)
    await closeLab(three)
  })

  it('finds sockets of any name by the process that listens, and what is only in another mount namespace', async () => {
    const [, , third] = labs as [Lab, Lab, Lab]
    mkdirSync(third.path('hidden'))
    const hidden = new HiddenPodman(third)
    await hidden.startHidden()
    const found = (await findEngines()).filter(({ address }) => ours(address))
    expect(found.map(({ source, address, pid, foreign }) => [source.type, address, pid, foreign])).toEqual(
      expect.arrayContaining([
        ['docker.com', `unix://${docker.socket}`, docker.pid, false],
        ['podman.io', `unix://${podman.socket}`, podman.pid, false],
        ['containerd.io', `unix://${docker.containerdSocket}`, docker.containerdPid, false],
        ['podman.io', `unix:///proc/${hidden.pid}/root${hidden.socket}`, hidden.pid, true],
      ]),
    )
    // Of containerd's sockets only the one that serves its clients.
    expect(found).toHaveLength(4)

    // An engine that goes takes its mount namespace along.
    await using all = watchAll({ discoverIntervalMs: Infinity, newBackoff, env: {} })
    await all.ready()
    const address = `unix:///proc/${hidden.pid}/root${hidden.socket}`
    const watched = (): boolean => all.watchers.some(({ api, state }) => api === address && state === 'watching')
    await eventually('it is watched', () => watched() || undefined)
    await hidden.stop()
    await eventually('the loss is noticed', () => (watched() ? undefined : true))
    await all.discover()
    expect(all.watchers.map(({ api }) => api)).not.toContain(address)
  })

  it('shows the containers of all engines in one view and one order, and those of dockerd not once more for its containerd', async () => {
    await docker.run('old')
    const pid = await docker.pidOf('old')
    await using below = new ContainerdEngine(docker.containerdSocket, { ignoreNamespaces: [] })
    expect(await below.list()).toMatchObject([{ pid }])
    const clients = [new ContainerdEngine(docker.containerdSocket), new DockerEngine(docker.socket), new PodmanEngine(podman.socket)]
    await using all = watchAll({ engines: clients, newBackoff })
    const [told, others]: [string[], string[]] = [[], []]
    const follower = new Follower()
    all.tap((events) => {
      for (const event of events) {
        follower.see(event)
        told.push(brief(event))
      }
    })
    const read = async (): Promise<void> => {
      for await (const event of all.events({ filter: { project: 'shop' } })) others.push(brief(event))
    }
    const reading = read()
    await all.ready()
    const labels = { 'com.docker.compose.project': 'shop' }
    await docker.run('front', { labels })
    await podman.run('back', { labels })
    const alive = async (): Promise<string[]> => [...(await docker.alive()), ...(await podman.alive())].sort()
    await untilTrue(all, alive)
    expect(all.portfolio.project('shop')?.containerNames().sort()).toEqual(['back', 'front'])
    expect([...all.snapshot({ engine: 'podman.io' })].map(({ name }) => name)).toEqual(['back'])
    expect(all.portfolio.container('front')?.privileged).toBe(false)

    await docker.stop('SIGKILL')
    await podman.do('back', 'pause')
    await eventually('a pause while the other engine is away', () => (told.includes('paused back') ? true : undefined))
    expect(all.portfolio.size).toBe(3)
    await docker.start()
    await untilTrue(all, alive)
    await docker.clear()
    await podman.clear()
    await untilEmpty(all)
    await all[Symbol.asyncDispose]()
    await reading
    expect(follower.picture()).toEqual([])
    expect(told.filter((one) => one.includes('front'))).toEqual(['started front', 'exited front (137)'])
    expect(others.filter((one) => !/^(lost|synced)$/.test(one))).toEqual(told.filter((one) => /front|back/.test(one)))
  })
})
