import { mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EngineApi } from '../rest/engine-api.ts'
import { Machine } from '../testing/machine.ts'
import { ForeignSocket, isForeign, withSocketPath } from './foreign-socket.ts'
import { socketAt } from './socket-identity.ts'

let machine: Machine
let box = ''

beforeEach(() => {
  machine = new Machine()
  box = machine.path('box')
  machine.addProcess(70, 'sh', { mnt: '2', root: box })
})

afterEach(async () => {
  await machine[Symbol.asyncDispose]()
})

const foreign = (path: string): string => machine.path('proc/70/root', path)

/** Descriptors of ours that lead to the machine. */
function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith(machine.dir) ? [target] : []
    } catch {
      return []
    }
  })
}

it('is found through links as those over there follow them', async () => {
  await machine.listen(`${box}/run/engine/a.sock`)
  symlinkSync('/run', `${box}/var`)
  symlinkSync('../../../run/engine', `${box}/run/up`)
  {
    await using socket = new ForeignSocket(foreign('var/up/a.sock'))
    expect(await socket.path()).toMatch(/^\/proc\/self\/fd\/\d+$/)
    expect(await socket.identity()).toBe(await socketAt(`${box}/run/engine/a.sock`))
    expect(await socketAt(await socket.path())).toBe(await socket.identity())
  }
  expect(descriptors()).toEqual([])
})

it('is never one outside of that root, whatever link takes its place', async () => {
  await machine.listen(machine.path('host/secret.sock'))
  await machine.listen(`${box}/run/a.sock`)
  await using socket = new ForeignSocket(foreign('run/a.sock'))
  const before = await socket.identity()
  rmSync(`${box}/run/a.sock`)
  symlinkSync(machine.path('host/secret.sock'), `${box}/run/a.sock`)
  await expect(socket.path()).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM', errno: 'ENOENT' })
  rmSync(`${box}/run`, { recursive: true })
  symlinkSync(machine.path('host'), `${box}/run`)
  expect(await socket.identity()).toBeUndefined()
  rmSync(`${box}/run`)
  await machine.listen(`${box}/run/a.sock`)
  expect(await socket.identity()).toBeDefined()
  expect(await socket.identity()).not.toBe(before)
})

it('is still found when the process that led to it has ended', async () => {
  await machine.listen(`${box}/run/a.sock`)
  await using socket = new ForeignSocket(foreign('run/a.sock'))
  const before = await socket.identity()
  machine.endProcess(70)
  expect(await socket.identity()).toBe(before)
  await using late = new ForeignSocket(foreign('run/a.sock'))
  expect(await late.identity()).toBeUndefined()
})

it('gives up on loops, on what is no socket, and after its disposal', async () => {
  mkdirSync(`${box}/run`, { recursive: true })
  symlinkSync('loop', `${box}/loop`)
  for (const path of ['loop', 'run', 'nothing']) {
    await using socket = new ForeignSocket(foreign(path))
    expect(await socket.identity()).toBeUndefined()
  }
  const disposed = new ForeignSocket(foreign('run'))
  await disposed[Symbol.asyncDispose]()
  await expect(disposed.path()).rejects.toMatchObject({ errno: 'ENOENT' })
  expect(descriptors()).toEqual([])
})

it('requests go there, and nothing is left open', async () => {
  await machine.listen(`${box}/run/a.sock`)
  const connected = machine.connection()
  {
    await using api = new EngineApi(foreign('run/a.sock'))
    const abort = new AbortController()
    const asked = api.ping({ signal: abort.signal })
    await connected
    abort.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
  }
  expect(descriptors()).toEqual([])
  expect(await withSocketPath(foreign('run/a.sock'), (path) => socketAt(path))).toBe(await socketAt(`${box}/run/a.sock`))
  expect(await withSocketPath('/run/a.sock', (path) => Promise.resolve(path))).toBe('/run/a.sock')
  expect([isForeign('/run/docker.sock'), isForeign('/proc/7/root/run/docker.sock')]).toEqual([false, true])
  expect(descriptors()).toEqual([])
})
