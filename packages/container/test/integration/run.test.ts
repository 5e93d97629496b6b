/** Running one bundle again and again: what is remembered must never show. */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { baseConfig } from '../../../../tests/harness/base-config.ts'
import { makeRootfs } from '../../../../tests/harness/bundle.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { Containers } from '../../src/containers.ts'
import { sharedSpawner } from '../../src/helper/spawner.ts'

let directory = ''
let containers: Containers

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'teu-run-'))
  makeRootfs(`${directory}/rootfs`)
  containers = await Containers.open({ root: `${directory}/state` })
})
afterAll(async () => {
  await sharedSpawner().close()
  rmSync(directory, { recursive: true })
})

/** Writes the bundle's config with an age at which it is remembered. */
function writeConfig(script: string): void {
  const { cgroupsPath: _default, ...linux } = baseConfig([], '').linux
  const config = { ...baseConfig(['/bin/sh', '-c', script], ''), linux }
  writeFileSync(`${directory}/config.json`, JSON.stringify(config))
  utimesSync(`${directory}/config.json`, 1, 1)
}

/** The lines of /proc/PID/cgroup. */
function membership(text: string): { controllers: string; path: string }[] {
  return [...text.matchAll(/^\d+:(.*?):(\/.*)$/gm)].map(([, controllers = '', path = '']) => ({ controllers, path }))
}

/** Runs the bundle and returns what it printed. The stream may end after the container. */
async function output(id: string, signal?: AbortSignal): Promise<string> {
  let text = ''
  let ended: Promise<void> | undefined
  await containers.run(id, {
    bundle: directory,
    stdio: ['null', 'pipe', 'null'],
    ...(signal && { signal }),
    onStarted: ({ stdout }) => {
      if (stdout === undefined) return
      stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
      ended = finished(stdout, { writable: false }).catch(() => undefined)
    },
  })
  await ended
  return text
}

describeIf('run', [needsRoot], () => {
  it('puts each container into a cgroup of its own, whatever was run before', async () => {
    writeConfig('cat /proc/self/cgroup')
    await delay(2_100)
    for (const id of ['first-container', 'other-container', 'third-container', 'an-id-of-another-length']) {
      const groups = membership(await output(id))
      expect(groups.length).toBeGreaterThan(0)
      for (const { path } of groups) expect(path).toMatch(new RegExp(`/teu-${id}$`))
    }
    expect(readdirSync(containers.root)).toEqual([])
  })

  it('says so when its monitor was killed, and leaves nothing behind', async () => {
    writeConfig('sleep 100')
    await delay(2_100)
    let pid = 0
    const attempt = containers.run('without-monitor', {
      bundle: directory,
      stdio: 'null',
      onStarted: (started) => {
        ;({ pid } = started)
        const parent = /PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
        process.kill(Number(parent), 'SIGKILL')
      },
    })
    await expect(attempt).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM', message: expect.stringContaining('was killed') as string })
    expect(existsSync(`/proc/${pid}/root/bin`)).toBe(false)
    expect(readdirSync(containers.root)).toEqual([])
  })

  it('reads a config that has changed', async () => {
    writeConfig('echo one')
    await delay(2_100)
    expect([await output('changing-config'), await output('changing-config')]).toEqual(['one\n', 'one\n'])
    writeConfig('echo two')
    expect(await output('changing-config')).toBe('two\n')
  })

  it('aborting ends the container, and nothing of it is left when the promise settles', async () => {
    writeConfig('sleep 100')
    for (const afterMs of [0, 1, 3, 6, 10, 20, 40]) {
      const abort = new AbortController()
      const attempt = output('aborted-container', abort.signal)
      await delay(afterMs)
      abort.abort(new Error('enough'))
      await expect(attempt).rejects.toThrow('enough')
      expect(readdirSync(containers.root)).toEqual([])
    }
  })

  it('many at the same time do not mix', async () => {
    writeConfig('cat /proc/sys/kernel/hostname; grep -E ":(freezer|):" /proc/self/cgroup')
    const ids = Array.from({ length: 20 }, (_, index) => `parallel-number-${String(index).padStart(2, '0')}`)
    const outputs = await Promise.all(ids.map(async (id) => await output(id)))
    for (const [index, text] of outputs.entries()) expect(text).toContain(`/teu-${ids[index]}\n`)
    expect(readdirSync(containers.root)).toEqual([])
  })
})
