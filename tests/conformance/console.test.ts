import { mkdirSync } from 'node:fs'
import { expect } from 'vitest'
import type { Config } from '../harness/base-config.ts'
import type { Child } from '../harness/child.ts'
import type { Lab } from '../harness/lab.ts'
import { nativeBinary } from '../harness/native.ts'
import { group } from './conforms.ts'

interface Received {
  payloadHex: string
  count: number
  link: string
  terminal: boolean
  pid: number
  closed: boolean
}

const withTerminal = (config: Config): void => {
  config.process.terminal = true
}

/** A receiver of one descriptor at a socket of the lab. */
async function receiver(
  lab: Lab,
  name: string,
  ...size: string[]
): Promise<{ child: Child; socket: string; received(): Promise<Received> }> {
  const socket = lab.path(name)
  const child = lab.spawn([nativeBinary('receive-fd'), socket, ...size])
  await child.stdout.waitFor((line) => line === 'listening')
  const received = async (): Promise<Received> =>
    JSON.parse(await child.stdout.waitFor((line) => line.startsWith('{"payloadHex'))) as Received
  return { child, socket, received }
}

const json = async (child: Child, key: string): Promise<Record<string, unknown>> =>
  JSON.parse(await child.stdout.waitFor((line) => line.startsWith(`{"${key}`))) as Record<string, unknown>

group('console', (conforms) => {
  conforms('create sends the master of a terminal, in one message, and closes', async (lab) => {
    const console = await receiver(lab, 'console')
    const box = await lab.create(['/bin/sh', '-c', 'read line; echo got $line'], withTerminal, {
      flags: ['--console-socket', console.socket],
    })
    const received = await console.received()
    expect(received).toMatchObject({ count: 1, terminal: true, closed: true })
    expect(Buffer.from(received.payloadHex, 'hex').length).toBeGreaterThan(0)
    expect(Buffer.from(received.payloadHex, 'hex').length).toBeLessThan(4096)
    await lab.ok('start', box.id)
    console.child.write('hello\n')
    await console.child.stdout.waitFor((line) => line === 'got hello')
    await lab.until(box.id, 'stopped')
  })

  conforms('the program has it as stdin, stdout, stderr and controlling terminal', async (lab) => {
    const console = await receiver(lab, 'console')
    await lab.start(['/probe', 'tty', '--', 'stat', '/dev/console', '--', 'self', '--', 'signals'], withTerminal, {
      flags: ['--console-socket', console.socket],
    })
    expect(await json(console.child, 'isatty')).toMatchObject({
      isatty: [true, true, true],
      controlling: true,
      stdin: expect.stringMatching(/^\/dev\/(pts\/\d+|console)$/),
    })
    expect(JSON.parse(await console.child.stdout.waitFor((line) => line.startsWith('[{"path"')))).toMatchObject([
      { type: 'char', major: 136 },
    ])
    expect(await json(console.child, 'pid')).toMatchObject({ sid: 1 })
    await console.child.stdout.waitFor((line) => line === 'ready')
    console.child.write('\u0003')
    await console.child.stdout.waitFor((line) => line.endsWith('2'))
  })

  conforms('has the size of the config', async (lab) => {
    const console = await receiver(lab, 'console')
    const change = (config: Config): void => {
      withTerminal(config)
      config.process.consoleSize = { height: 33, width: 99 }
    }
    await lab.start(['/probe', 'tty'], change, { flags: ['--console-socket', console.socket] })
    expect(await json(console.child, 'isatty')).toMatchObject({ rows: 33, columns: 99 })
  })

  conforms('a window change reaches the program', async (lab) => {
    const console = await receiver(lab, 'console', '44', '111')
    const box = await lab.create(['/probe', 'tty'], withTerminal, { flags: ['--console-socket', console.socket] })
    await console.received()
    await lab.ok('start', box.id)
    expect(await json(console.child, 'isatty')).toMatchObject({ rows: 44, columns: 111 })
  })

  conforms('run --detach sends it too', async (lab) => {
    const console = await receiver(lab, 'console')
    const result = await lab.run(['/probe', 'tty'], withTerminal, { flags: ['--detach', '--console-socket', console.socket] })
    expect(result).toMatchObject({ status: 0, stdout: '' })
    expect(await json(console.child, 'isatty')).toMatchObject({ isatty: [true, true, true] })
  })

  conforms('exec --tty --detach sends one of its own', async (lab) => {
    const box = await lab.start()
    const console = await receiver(lab, 'console')
    const result = await lab.runtime(['exec', '--tty', '--detach', '--console-socket', console.socket, box.id, '/probe', 'tty'])
    expect(result).toMatchObject({ status: 0, stdout: '' })
    expect(await console.received()).toMatchObject({ count: 1, terminal: true })
    expect(await json(console.child, 'isatty')).toMatchObject({ isatty: [true, true, true], controlling: true })
  })

  conforms('exec without --tty has none, whatever the config says', async (lab) => {
    const console = await receiver(lab, 'console')
    const box = await lab.start(['/bin/sleep', '1000'], withTerminal, { flags: ['--console-socket', console.socket] })
    const result = await lab.runtime(['exec', box.id, '/probe', 'tty'])
    expect(JSON.parse(result.stdout)).toMatchObject({ isatty: [false, false, false], controlling: false })
  })

  conforms('a socket path longer than the address of a socket works', async (lab) => {
    const dir = lab.path('d'.repeat(120))
    mkdirSync(dir)
    const child = lab.spawn([nativeBinary('receive-fd'), 'c'], { cwd: dir })
    await child.stdout.waitFor((line) => line === 'listening')
    await lab.create(['/bin/true'], withTerminal, { flags: ['--console-socket', `${dir}/c`] })
    expect(JSON.parse(await child.stdout.waitFor((line) => line.startsWith('{')))).toMatchObject({ count: 1, terminal: true })
  })

  conforms('a detached container with a terminal needs a socket', async (lab) => {
    const result = await lab.run(['/bin/true'], withTerminal, { flags: ['--detach'] })
    expect(result.status).toBe(1)
    const id = lab.id()
    expect((await lab.runtime(['create', '--bundle', lab.bundle(['/bin/true'], withTerminal, id).dir, id])).status).toBe(1)
  })

  conforms('a socket for a container without a terminal is refused', async (lab) => {
    const console = await receiver(lab, 'console')
    const id = lab.id()
    const result = await lab.runtime([
      'create',
      '--console-socket',
      console.socket,
      '--bundle',
      lab.bundle(undefined, undefined, id).dir,
      id,
    ])
    expect(result.status).toBe(1)
  })

  conforms('a socket where nobody listens makes create fail, leaving nothing', async (lab) => {
    const id = lab.id()
    const bundle = lab.bundle(['/bin/true'], withTerminal, id)
    const result = await lab.runtime(['create', '--console-socket', lab.path('nobody'), '--bundle', bundle.dir, id])
    expect(result.status).toBe(1)
    expect((await lab.runtime(['state', id])).status).toBe(1)
  })

  conforms('belongs to the user of the process', async (lab) => {
    const console = await receiver(lab, 'console')
    const change = (config: Config): void => {
      withTerminal(config)
      config.process.user = { uid: 1000, gid: 1000 }
    }
    await lab.start(['/probe', 'stat', '/dev/pts/0', '--', 'open', '/dev/tty'], change, { flags: ['--console-socket', console.socket] })
    const stat = JSON.parse(await console.child.stdout.waitFor((line) => line.startsWith('[{"path":"/dev/pts/0"'))) as unknown
    expect(stat).toMatchObject([{ uid: 1000, gid: 5, mode: 0o620 }])
  })
})

group('pidfd socket', (conforms) => {
  conforms('gets a pidfd of init at create', async (lab) => {
    const pidfd = await receiver(lab, 'pidfd')
    const box = await lab.create(undefined, undefined, { flags: ['--pidfd-socket', pidfd.socket] })
    const received = await pidfd.received()
    expect(received).toMatchObject({ count: 1, pid: (await lab.state(box.id)).pid })
    expect(Buffer.from(received.payloadHex, 'hex').toString()).toBe('standard')
  })

  conforms('gets a pidfd of the new process at exec', async (lab) => {
    const box = await lab.start()
    const pidfd = await receiver(lab, 'pidfd')
    await lab.ok('exec', '--detach', '--pidfd-socket', pidfd.socket, box.id, '/bin/sleep', '1000')
    const received = await pidfd.received()
    expect(Buffer.from(received.payloadHex, 'hex').toString()).toBe('setns')
    expect(received.pid).not.toBe((await lab.state(box.id)).pid)
  })
})
