import { readdirSync, readlinkSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encodePlan, encodeSpareRequest, type Plan } from '../../src/index.ts'
import { CLONE, shell, startAhead, supervise, supervised, until } from './driver.ts'

const CLONE_NEWNET = 0x4000_0000
const withRights = process.getuid?.() === 0 ? it : it.skip

const encode = (plan: Partial<Plan>): Uint8Array => encodePlan({ parent: [], joiner: [], container: [], after: [], ...plan }, { tag: 7 })

const ours = readlinkSync('/proc/self/ns/net')
/** Network namespaces that a process has open, ours apart. */
const heldNetworks = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`)
      return target.startsWith('net:') && target !== ours ? [target] : []
    } catch {
      return []
    }
  })

describe('teu-init ahead', () => {
  it('waits for its plan on the control channel, and runs it like any other', async () => {
    const run = startAhead()
    run.control?.write(encode(supervised(shell('echo out; exit 3'))))
    expect(await run.finished).toMatchObject({ code: 0, stdout: 'out\n' })
    expect(run.frames.all.map((frame) => frame.kind)).toEqual(['hello', 'init', 'started', 'exited', 'done'])
  })

  it('ends without a word when the channel is closed before there is a plan', async () => {
    const run = startAhead()
    run.control?.end()
    expect(await run.finished).toMatchObject({ code: 0, signal: null, stdout: '', stderr: '' })
    expect(run.frames.all).toEqual([])
  })

  it('refuses what is no request', async () => {
    const run = startAhead()
    run.control?.write(new Uint8Array(20).fill(1))
    expect((await run.finished).code).toBe(1)
    expect(run.frames.all).toMatchObject([{ kind: 'hello' }, { kind: 'failed', syscall: 'decode', errno: 'EPROTO' }, { kind: 'done' }])
  })

  withRights('makes a network namespace when asked, for a container process that wants one', async () => {
    const run = startAhead()
    const pid = run.child.pid as number
    run.control?.write(encodeSpareRequest(0))
    run.control?.write(encodeSpareRequest(0)) // a second one would be lost
    await until(() => heldNetworks(pid).length > 0)
    const [network] = heldNetworks(pid)
    const plan = { parent: [{ ...CLONE, flags: CLONE_NEWNET }, supervise()], container: shell('readlink /proc/self/ns/net') }
    run.control?.write(encode(plan))
    expect((await run.finished).stdout.trim()).toBe(network)
  })

  withRights('lets the namespace go when the plan does not want it', async () => {
    const run = startAhead()
    run.control?.write(encodeSpareRequest(0))
    run.control?.write(encode(supervised(shell('readlink /proc/self/ns/net; read line'))))
    await run.frames.first('started')
    expect(heldNetworks(run.child.pid as number)).toEqual([])
    run.stdin?.end()
    expect((await run.finished).stdout.trim()).toBe(ours)
  })

  withRights('comes back to the network of its caller: hooks run there', async () => {
    const run = startAhead()
    const pid = run.child.pid as number
    run.control?.write(encodeSpareRequest(0))
    await until(() => heldNetworks(pid).length > 0)
    await until(() => readlinkSync(`/proc/${pid}/ns/net`) === ours)
    run.control?.end()
    expect((await run.finished).code).toBe(0)
  })
})
