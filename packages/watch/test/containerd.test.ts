/** The watcher with containerd. */

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Lab } from '../../../tests/harness/lab.ts'
import { home } from '../../../tests/harness/native.ts'
import { describeIf, needsPrograms, needsRoot } from '../../../tests/harness/requirements.ts'
import {
  COMPOSER_PROJECT_LABEL,
  ContainerdEngine,
  type ContainerdEngineOptions,
  NERDCTL_NAME_LABEL,
  watch,
  type Watcher,
} from '../src/index.ts'
import { bunBinary } from '../../../tools/bun-binary.ts'
import { closeLab } from './support/close-lab.ts'
import { ContainerdDaemon } from './support/containerd-daemon.ts'
import { engineSuite } from './support/engine-suite.ts'
import { Told, untilEmpty } from './support/told.ts'

engineSuite({
  name: 'containerd',
  programs: ['containerd', 'containerd-shim-runc-v2'],
  make: (lab) => new ContainerdDaemon(lab),
  tellsStart: false,
})

/** The shim of a container is the parent of its first process. */
function shimOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

describeIf('containerd alone', [needsRoot, needsPrograms('containerd', 'containerd-shim-runc-v2', 'runc', 'busybox')], () => {
  let lab: Lab
  let daemon: ContainerdDaemon

  beforeAll(async () => {
    lab = new Lab()
    daemon = new ContainerdDaemon(lab)
    await daemon.start()
  })

  afterAll(() => closeLab(lab, daemon))

  const watched = (options?: ContainerdEngineOptions): Watcher => watch(new ContainerdEngine(daemon.socket, options))

  async function runIn(namespace: string, id: string, labels: Record<string, string> = {}): Promise<void> {
    await daemon.createIn(namespace, id, { labels })
    await daemon.startIn(namespace, id)
  }

  it('all namespaces but that of Docker, those too that come later, with the names that nerdctl gives', async () => {
    await runIn('shop', 'aaaa', { [NERDCTL_NAME_LABEL]: 'db', [COMPOSER_PROJECT_LABEL]: 'shop' })
    await runIn('moby', 'bbbb')
    await daemon.createIn('default', 'only-a-record')
    await using watcher = watched()
    const told = new Told(watcher)
    await watcher.ready()
    await runIn('default', 'cccc')
    await told.until('started cccc')
    await runIn('moby', 'dddd')
    await runIn('later', 'eeee', { [NERDCTL_NAME_LABEL]: 'web' })
    await told.until('started later/web')
    expect(told.brief).toEqual(['started shop/db', 'synced', 'started cccc', 'started later/web'])
    expect([...watcher.portfolio].map(({ id, name, project }) => [id, name, project])).toEqual([
      ['shop/aaaa', 'shop/db', 'shop'],
      ['cccc', 'cccc', ''],
      ['later/eeee', 'later/web', ''],
    ])
    expect(await watcher.engine.inspect('shop/db')).toMatchObject({ id: 'shop/aaaa' })
    await expect(watcher.engine.inspect('only-a-record')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_RUNNING' })
    await expect(watcher.engine.inspect('moby/bbbb')).rejects.toMatchObject({ code: 'ERR_TEU_NOT_FOUND' })

    await using some = watched({ namespaces: ['later', 'moby', 'never'] })
    await some.ready()
    expect([...some.portfolio].map(({ id }) => id).sort()).toEqual(['later/eeee', 'moby/bbbb', 'moby/dddd'])
    await daemon.clear()
    await untilEmpty(watcher)
    await untilEmpty(some)
  })

  it('who may not publish lists twice, and misses nothing after that', async () => {
    await using watcher = watched({ barrier: false })
    const told = new Told(watcher)
    await told.until('synced')
    await told.until('synced')
    await daemon.run('web')
    await told.until('started web')
    await daemon.remove('web')
    await told.until('exited web (137)')
  })

  it('a container whose shim hangs is neither alive nor dead: it stays', async () => {
    await daemon.run('hung')
    await daemon.run('well')
    const shim = shimOf(await daemon.pidOf('hung'))
    await using watcher = watched()
    const told = new Told(watcher)
    await watcher.ready()
    process.kill(shim, 'SIGSTOP')
    try {
      await watcher.refresh()
      expect(told.brief.slice(2)).toEqual(['synced', 'synced'])
      expect(watcher.portfolio.size).toBe(2)
    } finally {
      process.kill(shim, 'SIGCONT')
    }
    await daemon.do('hung', 'pause')
    await told.until('paused hung')
    await daemon.clear()
    await untilEmpty(watcher)
  })

  it('a container whose shim is killed goes with it', async () => {
    await daemon.run('doomed')
    const pid = await daemon.pidOf('doomed')
    await using watcher = watched()
    const told = new Told(watcher)
    await watcher.ready()
    process.kill(shimOf(pid), 'SIGKILL')
    await told.until('exited doomed (137)')
    await daemon.clear()
  })

  it('a daemon that is stopped is a loss at once, and the picture stays', async () => {
    await daemon.run('stays')
    await using watcher = watched()
    const told = new Told(watcher)
    await watcher.ready()
    await daemon.stop('SIGTERM')
    expect(await told.until('lost')).toMatchObject({ error: { code: 'ERR_TEU_UNAVAILABLE' } })
    expect(watcher.portfolio.size).toBe(1)
    await daemon.start()
    await told.until('synced')
    expect(told.brief).toEqual(['started stays', 'synced', 'lost', 'synced'])
    await daemon.clear()
    await untilEmpty(watcher)
  })

  it('works the same on Bun', async () => {
    const script = join(home, 'packages/watch/test/support/tell-events.ts')
    const child = lab.spawn([bunBinary(), '--conditions=@teu/source', script, daemon.socket], { cwd: home })
    const line = (text: string): Promise<string> => child.stdout.waitFor((one) => one === text)
    await line('synced')
    await daemon.run('web')
    await line('started web')
    await daemon.stop('SIGKILL')
    await line('lost')
    await daemon.start()
    await daemon.do('web', 'pause')
    await line('paused web')
    await daemon.remove('web')
    await line('exited web (137)')
    child.process.stdin?.end()
    await line('closed')
    expect(await child.ended).toMatchObject({ code: 0 })
  })

  it('gRPC is loaded for containerd, and not for whoever watches Docker', async () => {
    const loads = async (call: string): Promise<string> => {
      const script = `
        import Module from 'node:module'
        import { ContainerdEngine, DockerEngine } from '@teu/watch'
        await ${call}
        console.log(Object.keys(Module._cache).some((file) => file.includes('grpc-js')))`
      const args = ['--conditions=@teu/source', '--import', 'tsx', '--input-type=module', '--eval', script]
      return (await promisify(execFile)(process.execPath, args, { cwd: home })).stdout.trim()
    }
    expect(await loads(`new DockerEngine('${lab.path('none.sock')}').id()`)).toBe('false')
    expect(await loads(`new ContainerdEngine('${daemon.socket}').id()`)).toBe('true')
  })
})
