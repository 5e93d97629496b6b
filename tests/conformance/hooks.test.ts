import { readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Config } from '../harness/base-config.ts'
import type { Bundle } from '../harness/bundle.ts'
import type { Lab } from '../harness/lab.ts'
import { runtimePath } from '../harness/runtime.ts'
import { eventually, patience } from '../harness/wait.ts'
import { group } from './conforms.ts'

const KINDS = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'] as const
type Kind = (typeof KINDS)[number]

interface Seen {
  readonly kind: Kind
  readonly args: string
  readonly mountNamespace: string
  readonly root: string
  readonly env: string
  readonly state: { ociVersion: string; id: string; status: string; pid?: number; bundle: string; annotations?: Record<string, string> }
}

/** One write per entry, because hooks of both sides may run at the same time. */
const SCRIPT = `#!/bin/sh
b=/bin/busybox
state=$($b cat | $b tr -d '\\n\\t')
entry="$KIND
$*
$($b readlink /proc/self/ns/mnt)
$($b ls / | $b tr '\\n' ' ')
$($b env | $b sort | $b tr '\\n' ' ')
$state
--"
echo "$entry" >> "$OUT"
`

/** Gives the bundle one hook of each kind that notes what it sees in a file that is visible on both sides of the pivot. */
function record(lab: Lab, config: Config, bundle: Bundle, kinds: readonly Kind[] = KINDS): string {
  const notes = lab.path('notes')
  writeFileSync(notes, '', { mode: 0o666 })
  writeFileSync(join(bundle.dir, 'hook'), SCRIPT, { mode: 0o755 })
  writeFileSync(join(bundle.rootfs, 'hook'), SCRIPT, { mode: 0o755 })
  writeFileSync(join(bundle.rootfs, 'notes'), '')
  config.mounts.push({ destination: '/notes', type: 'bind', source: notes, options: ['bind', 'rw'] })
  config.annotations = { 'org.example.key': 'value' }
  config.hooks = {}
  for (const kind of kinds) {
    const inside = kind === 'startContainer'
    config.hooks[kind] = [
      {
        path: inside ? '/hook' : join(bundle.dir, 'hook'),
        args: ['hook-name', kind, 'second'],
        env: [`KIND=${kind}`, `OUT=${inside ? '/notes' : notes}`, 'PATH=/bin:/usr/bin'],
      },
    ]
  }
  return notes
}

function read(notes: string): Seen[] {
  return readFileSync(notes, 'utf8')
    .split('--\n')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [kind = '', args = '', mountNamespace = '', root = '', env = '', state = ''] = entry.split('\n')
      return { kind: kind as Kind, args, mountNamespace, root, env, state: JSON.parse(state) as Seen['state'] }
    })
}

group('hooks', (conforms) => {
  conforms('of all six kinds run in their order, at their time', async (lab) => {
    let notes = ''
    const box = await lab.create(['/bin/sleep', '1000'], (config, bundle) => {
      notes = record(lab, config, bundle)
    })
    const kinds = (): Kind[] => read(notes).map(({ kind }) => kind)
    const others = (): Kind[] => kinds().filter((kind) => kind !== 'poststart')
    expect(others()).toEqual(['prestart', 'createRuntime', 'createContainer'])
    await lab.ok('start', box.id)
    await eventually('both hooks of start', () => (kinds().includes('startContainer') && kinds().includes('poststart') ? true : undefined))
    expect(others()).toEqual(['prestart', 'createRuntime', 'createContainer', 'startContainer'])
    await lab.ok('delete', '--force', box.id)
    expect(others()).toEqual(['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststop'])
  })

  conforms('of kind poststart run after the program was started, with status running', async (lab) => {
    let notes = ''
    const box = await lab.create(['/bin/sleep', '1000'], (config, bundle) => {
      notes = record(lab, config, bundle, ['startContainer', 'poststart'])
    })
    expect(read(notes)).toEqual([])
    await lab.ok('start', box.id)
    const seen = read(notes)
    expect(seen.map(({ kind }) => kind)).toEqual(['startContainer', 'poststart'])
    expect(seen[1]?.state.status).toBe('running')
  })

  conforms('get the state on stdin, their arguments and exactly their environment', async (lab) => {
    let notes = ''
    const box = await lab.start(['/bin/sleep', '1000'], (config, bundle) => {
      notes = record(lab, config, bundle)
    })
    const { pid } = await lab.state(box.id)
    await eventually('the hooks of start', () => (read(notes).length === 5 ? true : undefined))
    await lab.ok('delete', '--force', box.id)
    const seen = read(notes)
    for (const { kind, args, env, state } of seen) {
      expect(args, kind).toBe(`${kind} second`)
      expect(state, kind).toMatchObject({ id: box.id, bundle: box.bundle.dir, annotations: { 'org.example.key': 'value' } })
      expect(state.ociVersion, kind).toMatch(/^1\.\d+/)
      expect(env, kind).toContain(`KIND=${kind}`)
      expect(env, kind).not.toContain('TEU_TEST_MARK')
    }
    const state = (kind: Kind): Seen['state'] | undefined => seen.find((one) => one.kind === kind)?.state
    for (const kind of ['prestart', 'createRuntime', 'poststart'] as const) expect(state(kind)?.pid, kind).toBe(pid)
    expect(state('createContainer')?.pid).toBe(1)
    expect(state('startContainer')?.pid).toBe(1)
    expect(state('poststop')?.status).toBe('stopped')
    expect(state('poststop')?.pid ?? 0).toBe(0)
  })

  conforms('run in the namespaces of their kind', async (lab) => {
    let notes = ''
    const box = await lab.start(['/bin/sleep', '1000'], (config, bundle) => {
      notes = record(lab, config, bundle)
    })
    const { pid } = await lab.state(box.id)
    await eventually('the hooks of start', () => (read(notes).length === 5 ? true : undefined))
    const container = readlinkSync(`/proc/${pid}/ns/mnt`)
    await lab.ok('delete', '--force', box.id)
    const own = readlinkSync('/proc/self/ns/mnt')
    for (const { kind, mountNamespace, root } of read(notes)) {
      const inContainer = kind === 'createContainer' || kind === 'startContainer'
      expect(mountNamespace, kind).toBe(inContainer ? container : own)
      expect(root.includes('probe'), kind).toBe(kind === 'startContainer')
    }
  })

  conforms('may ask for the state of their container', async (lab) => {
    const out = lab.path('state-seen')
    await lab.create(['/bin/true'], (config, bundle) => {
      const id = config.linux.cgroupsPath?.split('/').at(-1) ?? ''
      const script = join(bundle.dir, 'ask')
      writeFileSync(script, `#!/bin/sh\nexec ${runtimePath} --root ${lab.root} state ${id} > ${out}\n`, { mode: 0o755 })
      config.hooks = { createRuntime: [{ path: script }] }
    })
    expect(JSON.parse(readFileSync(out, 'utf8'))).toMatchObject({ status: expect.stringMatching(/^creat/) })
  })

  for (const kind of ['prestart', 'createRuntime', 'createContainer'] as const) {
    conforms(`a ${kind} hook that fails makes create fail, leaving nothing`, async (lab) => {
      const id = lab.id()
      const bundle = lab.bundle(
        ['/bin/true'],
        (config, { dir }) => {
          writeFileSync(join(dir, 'fail'), '#!/bin/sh\necho because of this >&2\nexit 3\n', { mode: 0o755 })
          config.hooks = { [kind]: [{ path: join(dir, 'fail') }] }
        },
        id,
      )
      const result = await lab.runtime(['create', '--bundle', bundle.dir, id])
      expect(result.status).not.toBe(0)
      expect(result.stderr).not.toBe('')
      expect((await lab.runtime(['state', id])).status).toBe(1)
    })
  }

  conforms('a startContainer hook that fails keeps the program from running', async (lab) => {
    const box = await lab.create(['/bin/echo', 'ran'], (config, bundle) => {
      writeFileSync(join(bundle.rootfs, 'fail'), '#!/bin/sh\nexit 3\n', { mode: 0o755 })
      config.hooks = { startContainer: [{ path: '/fail' }] }
    })
    await lab.runtime(['start', box.id])
    await lab.until(box.id, 'stopped')
    expect(box.output().stdout).toBe('')
  })

  conforms('a poststop hook that fails keeps neither the container nor the next hook', async (lab) => {
    const out = lab.path('ran')
    const box = await lab.start(['/bin/true'], (config, bundle) => {
      writeFileSync(join(bundle.dir, 'fail'), '#!/bin/sh\nexit 3\n', { mode: 0o755 })
      writeFileSync(join(bundle.dir, 'ran'), `#!/bin/sh\necho ran > ${out}\n`, { mode: 0o755 })
      config.hooks = { poststop: [{ path: join(bundle.dir, 'fail') }, { path: join(bundle.dir, 'ran') }] }
    })
    await lab.until(box.id, 'stopped')
    await lab.runtime(['delete', box.id])
    expect((await lab.runtime(['state', box.id])).status).toBe(1)
    expect(readFileSync(out, 'utf8')).toBe('ran\n')
  })

  conforms('that take longer than their timeout are failures', async (lab) => {
    const start = performance.now()
    const result = await lab.run(['/bin/true'], (config) => {
      config.hooks = { createRuntime: [{ path: '/bin/sleep', args: ['sleep', '1000'], timeout: 1 }] }
    })
    expect(result.status).not.toBe(0)
    expect(performance.now() - start).toBeLessThan(8_000 * patience)
  })

  conforms('that do not read their stdin do no harm', async (lab) => {
    const result = await lab.run(['/bin/echo', 'fine'], (config) => {
      config.annotations = { 'org.example.large': 'x'.repeat(100_000) }
      config.hooks = { createRuntime: [{ path: '/bin/true' }], createContainer: [{ path: '/bin/true' }] }
    })
    expect(result).toMatchObject({ status: 0, stdout: 'fine\n' })
  })

  conforms('that are not there, or not absolute, make create fail', async (lab) => {
    for (const path of ['/no/such/hook', 'relative']) {
      const result = await lab.run(['/bin/true'], (config) => {
        config.hooks = { createRuntime: [{ path }] }
      })
      expect(result.status, path).not.toBe(0)
    }
  })
})
