import { closeSync, openSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { Config } from '../harness/base-config.ts'
import type { Lab } from '../harness/lab.ts'
import { nativeBinary } from '../harness/native.ts'
import { runtimePath } from '../harness/runtime.ts'
import { group } from './conforms.ts'

interface Descriptor {
  fd: number
  access: number
  link?: string
}

/** Opens files with the given contents, runs `use`, closes them. */
async function withFiles<T>(lab: Lab, contents: readonly string[], use: (fds: number[]) => Promise<T>): Promise<T> {
  const fds = contents.map((content, n) => {
    writeFileSync(lab.path(`file-${n}`), content)
    return openSync(lab.path(`file-${n}`), 'r')
  })
  try {
    return await use(fds)
  } finally {
    for (const fd of fds) closeSync(fd)
  }
}

group('descriptors', (conforms) => {
  conforms('only 0, 1 and 2 are open in the program', async (lab) => {
    const fds = await lab.fact<Descriptor[]>(['fds'])
    expect(fds.map(({ fd }) => fd)).toEqual([0, 1, 2])
  })

  conforms('of the caller do not reach the program', async (lab) => {
    await withFiles(lab, ['secret'], async (files) => {
      const fds = await lab.fact<Descriptor[]>(['fds'], undefined, { fds: files })
      expect(fds.map(({ fd }) => fd)).toEqual([0, 1, 2])
    })
  })

  conforms('--preserve-fds passes the ones from 3 on', async (lab) => {
    await withFiles(lab, ['first', 'second', 'third'], async (files) => {
      const [read, fds] = await lab.probe([['open-fds', '3', '4'], ['fds']], undefined, { fds: files, flags: ['--preserve-fds', '2'] })
      expect(read).toEqual({ 3: 'first', 4: 'second' })
      expect((fds as Descriptor[]).map(({ fd }) => fd)).toEqual([0, 1, 2, 3, 4])
    })
  })

  conforms('--preserve-fds passes them to exec', async (lab) => {
    const box = await lab.start()
    await withFiles(lab, ['first'], async (files) => {
      const result = await lab.runtime(['exec', '--preserve-fds', '1', box.id, '/probe', 'open-fds', '3'], { fds: files })
      expect(JSON.parse(result.stdout)).toEqual({ 3: 'first' })
    })
  })

  conforms('--preserve-fds names one that is not open', async (lab) => {
    const result = await lab.run(['/bin/true'], undefined, { flags: ['--preserve-fds', '1'] })
    expect(result.status).toBe(1)
    expect(result.stderr).toContain('3')
  })

  conforms('stdin, stdout and stderr are those of the caller in a detached container', async (lab) => {
    const box = await lab.start(['/bin/sh', '-c', 'echo out; echo err >&2'])
    await lab.until(box.id, 'stopped')
    expect(box.output()).toEqual({ stdout: 'out\n', stderr: 'err\n' })
  })

  conforms('stdout can be opened again by its path', async (lab) => {
    const result = await lab.run(['/bin/sh', '-c', 'echo again > /dev/stdout; echo error > /dev/stderr'])
    expect(result).toMatchObject({ status: 0, stdout: 'again\n', stderr: 'error\n' })
  })
})

group('socket activation', (conforms) => {
  /** Runs the runtime in a shell that makes LISTEN_PID its own pid, as a service manager does. */
  const activated = (
    lab: Lab,
    files: number[],
    flags: readonly string[],
    change?: (config: Config) => void,
  ): Promise<{ status: number; stdout: string; stderr: string }> => {
    const id = lab.id()
    const bundle = lab.bundle(['/probe', 'env', '--', 'open-fds', '3', '4', '--', 'fds'], change, id)
    const line = 'export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=name; exec "$@"'
    return lab.command(['/bin/sh', '-c', line, 'sh', runtimePath, '--root', lab.root, 'run', ...flags, '--bundle', bundle.dir, id], {
      fds: files,
    })
  }

  conforms('passes the descriptors of LISTEN_FDS, then the preserved ones', async (lab) => {
    await withFiles(lab, ['socket', 'preserved'], async (files) => {
      const result = await activated(lab, files, ['--preserve-fds', '1'])
      const [env, read, fds] = result.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
      expect(env).toEqual(expect.arrayContaining(['LISTEN_FDS=1', 'LISTEN_PID=1']))
      expect(read).toEqual({ 3: 'socket', 4: 'preserved' })
      expect((fds as Descriptor[]).map(({ fd }) => fd)).toEqual([0, 1, 2, 3, 4])
    })
  })

  conforms('passes nothing when the variable is not set', async (lab) => {
    const env = await lab.fact<string[]>(['env'])
    expect(env.filter((entry) => entry.startsWith('LISTEN_'))).toEqual([])
  })
})

group('sd_notify', (conforms) => {
  const manager = async (
    lab: Lab,
  ): Promise<{ lines: { waitFor(matches: (line: string) => boolean, timeoutMs?: number): Promise<string> }; socket: string }> => {
    const socket = lab.path('notify')
    const child = lab.spawn([nativeBinary('receive-datagrams'), socket])
    await child.stdout.waitFor((line) => line === 'listening')
    return { lines: child.stdout, socket }
  }

  conforms('start waits for READY and tells the pid on the host', async (lab) => {
    const { lines, socket } = await manager(lab)
    const box = await lab.create(['/probe', 'notify', 'STATUS=loading', 'READY=1', 'wait'], undefined, { env: { NOTIFY_SOCKET: socket } })
    expect((await lab.runtime(['start', box.id], { env: { NOTIFY_SOCKET: socket } })).status).toBe(0)
    const pid = (await lab.state(box.id)).pid
    expect(await lines.waitFor((line) => line.includes('READY=1'))).toContain('READY=1')
    expect(await lines.waitFor((line) => line.includes('MAINPID='), 5_000)).toContain(`MAINPID=${pid}`)
  })

  conforms('finds READY in any line of a message', async (lab) => {
    const { lines, socket } = await manager(lab)
    const box = await lab.create(['/probe', 'notify', 'STATUS=up\nREADY=1\nX=y', 'wait'], undefined, { env: { NOTIFY_SOCKET: socket } })
    expect((await lab.runtime(['start', box.id], { env: { NOTIFY_SOCKET: socket }, timeoutMs: 8_000 })).status).toBe(0)
    expect(await lines.waitFor((line) => line.includes('READY=1'))).toContain('READY=1')
  })

  conforms('start does not wait for ever when the program ends without READY', async (lab) => {
    const { socket } = await manager(lab)
    const box = await lab.create(['/bin/true'], undefined, { env: { NOTIFY_SOCKET: socket } })
    await lab.runtime(['start', box.id], { env: { NOTIFY_SOCKET: socket }, timeoutMs: 10_000 })
    await lab.until(box.id, 'stopped')
  })

  conforms('without NOTIFY_SOCKET nothing is set up inside', async (lab) => {
    const env = await lab.fact<string[]>(['env'])
    expect(env.filter((entry) => entry.startsWith('NOTIFY_SOCKET'))).toEqual([])
  })
})
