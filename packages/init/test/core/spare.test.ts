import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, unlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encodePipeRequest, encodePlan, encodeSpareRequest, isForSpare, type Plan, type Step, type StepOf } from '../../src/index.ts'
import { CLONE, exec, isAlive, scratch, shell, Spawner, supervise, supervised, until } from './driver.ts'

const CLONE_NEWNET = 0x4000_0000
const CLONE_NEWUSER = 0x1000_0000
const IN_NETWORK: StepOf<'clone'> = { ...CLONE, flags: CLONE_NEWNET }
const withRights = process.getuid?.() === 0 ? it : it.skip

/** A container process in a network namespace of its own. */
const inNetwork = (command: string, changes: Parameters<typeof supervise>[0] = {}): Partial<Plan> => ({
  parent: [IN_NETWORK, supervise(changes)],
  container: shell(command),
})

const children = (pid: number): number[] => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
/** Of a process that may end at any time. */
const nameOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}
const networkOf = (pid: number): string => readlinkSync(`/proc/${pid}/ns/net`)
/** How many network namespaces a process holds beside its own. */
const heldNetworks = (pid: number): number =>
  readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('net:')
    } catch {
      return false
    }
  }).length

/** The pid of the spare, once it waits with its namespace. */
async function ready(spawner: Spawner): Promise<number> {
  const { pid } = await spawner.frames.first('hello')
  let spare = 0
  await until(() => {
    spare = children(pid).find((child) => nameOf(child) === 'teu:spare') ?? 0
    return spare !== 0 && heldNetworks(spare) === 1
  })
  return spare
}

function keep(spawner: Spawner, keepMs = 60_000): void {
  spawner.channel.write(encodeSpareRequest(keepMs))
}

describe('isForSpare()', () => {
  const encoded = (parent: Plan['parent'], joiner: Plan['joiner'] = []): Uint8Array =>
    encodePlan({ parent, joiner, container: exec('/bin/true'), after: [] }, { tag: 1 })

  it('is true for a plan with a network namespace that belongs to the user namespace of the caller', () => {
    expect(isForSpare(encoded([IN_NETWORK, supervise()]))).toBe(true)
    expect(isForSpare(encoded([CLONE, supervise()]))).toBe(false)
    expect(isForSpare(encoded([{ ...CLONE, flags: CLONE_NEWNET | CLONE_NEWUSER }, supervise()]))).toBe(false)
    expect(isForSpare(encoded([IN_NETWORK, supervise()], [{ op: 'umask', mask: 0 }]))).toBe(false)
  })
})

describe('a spare of teu-init spawner', () => {
  withRights('runs the next plan that suits it, in the network namespace that it has ready', async () => {
    await using spawner = new Spawner()
    keep(spawner)
    const spare = await ready(spawner)
    expect(networkOf(spare)).toBe(readlinkSync('/proc/self/ns/net'))
    spawner.plan(1, inNetwork('readlink /proc/self/ns/net; cat /sys/class/net/lo/flags 2>/dev/null; exec sleep 60'))
    const { pid } = await spawner.frames.first('started', 1)
    expect(Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])).toBe(spare)
    expect(networkOf(pid)).not.toBe(networkOf(spare))
    expect(heldNetworks(spare)).toBe(0)
    spawner.control(1, 'signal', 9)
    await spawner.frames.first('done', 1)
    await until(() => !isAlive(spare))
  })

  withRights('has the loopback device up', async () => {
    await using spawner = new Spawner()
    keep(spawner)
    await ready(spawner)
    // An address of the loopback network has a local route only while the device is up.
    spawner.plan(1, inNetwork('exec grep -q 127.0.0.1 /proc/net/fib_trie'))
    await spawner.frames.first('done', 1)
    expect(spawner.frames.of('exited', 1)).toMatchObject([{ waitStatus: 0 }])
  })

  withRights('leaves other plans to processes of their own', async () => {
    await using spawner = new Spawner()
    keep(spawner)
    const spare = await ready(spawner)
    spawner.plan(1, supervised(shell('exit 3')))
    await spawner.frames.first('done', 1)
    expect(spawner.frames.of('exited', 1)).toMatchObject([{ waitStatus: 3 << 8 }])
    expect(nameOf(spare)).toBe('teu:spare')
  })

  withRights('gets the control requests of its plan, and the FIFOs that were made for it', async () => {
    using dir = scratch()
    await using spawner = new Spawner()
    keep(spawner)
    await ready(spawner)
    const path = `${dir.path}/out`
    spawner.channel.write(encodePipeRequest({ tag: 5, slot: 4, containerReads: false, path }))
    await spawner.frames.first('pipe_ready', 5)
    const fd = openSync(path, 'r')
    unlinkSync(path)
    spawner.plan(5, {
      parent: [IN_NETWORK, supervise()],
      container: [{ op: 'stdio', fd: 1, slot: 4 }, ...shell('trap "exit 7" USR1; echo hello; sleep 60 & wait')],
    })
    await spawner.frames.first('started', 5)
    const buffer = Buffer.alloc(16)
    expect(buffer.toString('utf8', 0, readSync(fd, buffer))).toBe('hello\n')
    closeSync(fd)
    spawner.control(5, 'signal', 10)
    await spawner.frames.first('done', 5)
    expect(spawner.frames.of('exited', 5)).toMatchObject([{ waitStatus: 7 << 8 }])
  })

  withRights('is one, however often it is asked for', async () => {
    await using spawner = new Spawner()
    for (let i = 0; i < 20; i++) keep(spawner)
    await ready(spawner)
    const { pid } = await spawner.frames.first('hello')
    expect(children(pid).filter((child) => nameOf(child) === 'teu:spare')).toHaveLength(1)
  })

  withRights('goes when nobody needs it for the time that was asked for, or at once', async () => {
    await using spawner = new Spawner()
    keep(spawner, 300)
    const first = await ready(spawner)
    await until(() => !isAlive(first))
    keep(spawner)
    const second = await ready(spawner)
    keep(spawner, 0)
    await until(() => !isAlive(second))
  })

  withRights('ends with its spawner', async () => {
    const spawner = new Spawner()
    keep(spawner)
    const spare = await ready(spawner)
    expect(await spawner.close()).toBe(0)
    expect(isAlive(spare)).toBe(false)
    const killed = new Spawner()
    keep(killed)
    const other = await ready(killed)
    killed.child.kill('SIGKILL')
    await until(() => !isAlive(other))
  })

  const withDevices = existsSync('/usr/bin/unshare') && existsSync('/sbin/ip') ? withRights : it.skip
  withDevices('gets the network devices of its plan, however late the container process enters the namespace', async () => {
    const prepare = 'ip link add dev0 type veth peer name other0; exec "$@"'
    await using spawner = new Spawner(undefined, ['unshare', '-n', '/bin/sh', '-c', `PATH=/bin:/sbin:/usr/bin:/usr/sbin; ${prepare}`, 'sh'])
    keep(spawner)
    await ready(spawner)
    spawner.plan(1, {
      parent: [IN_NETWORK, { op: 'move_netdev', name: 'dev0', newName: 'eth0' }, { op: 'signal', n: 1 }, supervise()],
      container: [{ op: 'wait', n: 1 }, ...shell('exec grep -q eth0: /proc/self/net/dev')],
    })
    await spawner.frames.first('done', 1)
    expect(spawner.frames.of('failed', 1)).toEqual([])
    expect(spawner.frames.of('exited', 1)).toMatchObject([{ waitStatus: 0 }])
  })

  withRights('stays with a container that outlives the caller, as its monitor', async () => {
    const spawner = new Spawner()
    keep(spawner)
    const spare = await ready(spawner)
    const outlive: Step = { op: 'outlive_parent' }
    spawner.plan(1, { parent: [IN_NETWORK, supervise({ bindToCaller: false })], container: [outlive, ...exec('/bin/sleep', '60')] })
    const { pid } = await spawner.frames.first('started', 1)
    expect(await spawner.close()).toBe(0)
    expect([isAlive(pid), isAlive(spare)]).toEqual([true, true])
    process.kill(pid, 'SIGKILL')
    await until(() => !isAlive(spare))
  })

  withRights('is replaced by a process of its own when it has been killed', async () => {
    await using spawner = new Spawner()
    for (let tag = 1; tag <= 5; tag++) {
      keep(spawner)
      const spare = await ready(spawner)
      process.kill(spare, 'SIGKILL')
      await until(() => !isAlive(spare))
      spawner.plan(tag, inNetwork(`exit ${tag}`))
      await spawner.frames.first('done', tag)
      expect(spawner.frames.of('exited', tag)).toMatchObject([{ waitStatus: tag << 8 }])
    }
  })

  withRights('takes its plan with it when it is killed at that very moment, and the spawner says so', async () => {
    await using spawner = new Spawner()
    keep(spawner)
    const spare = await ready(spawner)
    process.kill(spare, 'SIGSTOP')
    spawner.plan(1, inNetwork('exit 1'))
    spawner.plan(2, supervised(shell('exit 2')))
    await spawner.frames.first('done', 2)
    process.kill(spare, 'SIGKILL')
    await spawner.frames.first('done', 1)
    expect(spawner.frames.of('failed', 1)).toMatchObject([{ errno: 'ESRCH', step: -1 }])
  })

  withRights('takes plans of any size', async () => {
    await using spawner = new Spawner()
    for (const [index, size] of [10, 60_000, 70_000, 2_000_000].entries()) {
      keep(spawner)
      await ready(spawner)
      const env = Array.from({ length: Math.ceil(size / 50_000) }, (_, i) => `V${i}=${'x'.repeat(Math.min(size, 50_000))}`)
      const [find, run] = exec('/bin/true') as [StepOf<'find_program'>, StepOf<'exec'>]
      spawner.plan(index + 1, { parent: [IN_NETWORK, supervise()], container: [find, { ...run, env }] })
      await spawner.frames.first('done', index + 1)
      expect(spawner.frames.of('exited', index + 1)).toMatchObject([{ waitStatus: 0 }])
    }
  })

  withRights('reports a plan that it cannot read as any other process would', async () => {
    await using spawner = new Spawner()
    keep(spawner)
    await ready(spawner)
    const request = encodePlan({ parent: [IN_NETWORK, supervise()], joiner: [], container: exec('/bin/true'), after: [] }, { tag: 3 })
    request[request.length - 1] = 1
    spawner.channel.write(request)
    await spawner.frames.first('done', 3)
    expect(spawner.frames.of('failed', 3)).toMatchObject([{ syscall: 'decode' }])
  })
})
