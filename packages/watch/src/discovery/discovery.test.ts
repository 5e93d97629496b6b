import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Source } from '../source.ts'
import { beProcess1, type MadeUpProcess, madeUpProcess } from '../testing/made-up-proc.ts'
import { findEngines } from './find-engines.ts'
import { parseUnixTable } from './processes.ts'
import { resolveInRoot } from './resolve-in-root.ts'

let dir = ''
let servers: Server[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'teu-watch-'))
})

afterEach(async () => {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  servers = []
  rmSync(dir, { recursive: true })
})

async function listen(path: string): Promise<void> {
  mkdirSync(join(path, '..'), { recursive: true })
  const server = createServer((socket) => socket.destroy())
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(path, resolve))
}

const addProcess = (pid: number, comm: string, facts: MadeUpProcess): void => madeUpProcess(dir, pid, comm, facts)

const source = (type: string, sockets: readonly string[], processes: readonly string[]): Source => ({
  type,
  sockets,
  userSockets: [`${type}.sock`],
  socketName: new RegExp(`^${type}.*\\.sock$`),
  processes,
  open: () => {
    throw new Error('is not opened')
  },
  answers: (address) => Promise.resolve(address.endsWith('odd')),
})

async function find(sources: readonly Source[]): Promise<string[]> {
  const found = await findEngines({ sources, proc: join(dir, 'proc'), users: join(dir, 'users') })
  return found.map(({ source, address, pid, foreign }) => {
    return `${source.type} ${address.replace(`unix://${dir}`, '')} ${pid}${foreign ? ' foreign' : ''}`
  })
}

describe('findEngines()', () => {
  it('finds well-known sockets, those of users, and those of other mount namespaces', async () => {
    const whale = source('whale', [join(dir, 'run/whale.sock'), '/run/whale.sock'], [])
    await listen(join(dir, 'run/whale.sock'))
    await listen(join(dir, 'users/1000/whale.sock'))
    await listen(join(dir, 'box/run/whale.sock'))
    addProcess(1, 'init', { mnt: '1', root: '/' })
    addProcess(70, 'sh', { mnt: '2', root: join(dir, 'box') })
    addProcess(71, 'sh', { mnt: '2', root: join(dir, 'box') })
    beProcess1(dir)
    expect(await find([whale])).toEqual([
      'whale /run/whale.sock 0',
      'whale /users/1000/whale.sock 0',
      'whale /proc/70/root/run/whale.sock 0 foreign',
    ])
  })

  it('finds the sockets of any name on which a process of that name listens, and asks who answers', async () => {
    const whale = { ...source('whale', [], ['whaled']), otherSockets: /^mute/ }
    for (const name of ['a/odd', 'a/mute-odd', 'a/other', 'a/whale-2.sock', 'box/run/odd']) await listen(join(dir, name))
    addProcess(1, 'init', { mnt: '1', root: '/', sockets: [['9', join(dir, 'a/other')]] })
    addProcess(5, 'whaled', {
      mnt: '1',
      root: '/',
      sockets: [
        ['10', join(dir, 'a/odd')],
        ['11', join(dir, 'a/other')],
        ['12', join(dir, 'a/whale-2.sock')],
        ['14', join(dir, 'a/mute-odd')],
      ],
    })
    addProcess(6, 'whaled', { mnt: '2', root: join(dir, 'box'), sockets: [['13', '/run/odd']] })
    beProcess1(dir)
    expect(await find([whale])).toEqual(['whale /a/whale-2.sock 5', 'whale /a/odd 5', 'whale /proc/6/root/run/odd 6 foreign'])
  })

  it('a socket that is seen in several places is one engine, of the kind that listens', async () => {
    const sockets = [join(dir, 'run/whale.sock'), join(dir, 'run/seal.sock')] as const
    const [whale, seal] = [source('whale', [sockets[0]], ['whaled']), source('seal', [sockets[1]], ['seald'])]
    await listen(sockets[1])
    symlinkSync(sockets[1], sockets[0])
    addProcess(1, 'init', { mnt: '1', root: '/' })
    addProcess(7, 'seald', { mnt: '1', root: '/', sockets: [['10', sockets[1]]] })
    beProcess1(dir)
    expect(await find([whale, seal])).toEqual(['seal /run/whale.sock 7'])
  })

  it('is not led astray by what is no socket', async () => {
    const whale = source('whale', [join(dir, 'run/whale.sock')], [])
    mkdirSync(join(dir, 'run/whale.sock'), { recursive: true })
    mkdirSync(join(dir, 'proc'))
    expect(await find([whale])).toEqual([])
  })
})

describe('resolveInRoot()', () => {
  it('follows links as the other side would', async () => {
    const root = join(dir, 'root')
    mkdirSync(join(root, 'run/x'), { recursive: true })
    mkdirSync(join(root, 'var'))
    symlinkSync('/run', join(root, 'var/run'))
    symlinkSync('../../../../run', join(root, 'var/up'))
    symlinkSync('loop', join(root, 'loop'))
    expect(await resolveInRoot(root, '/var/run/x')).toBe(join(root, 'run/x'))
    expect(await resolveInRoot(root, '/var/up/./x')).toBe(join(root, 'run/x'))
    expect(await resolveInRoot(root, '/var/../run/x')).toBe(join(root, 'run/x'))
    expect(await resolveInRoot(root, '/loop')).toBeUndefined()
    expect(await resolveInRoot(root, '/var/run/nothing')).toBeUndefined()
  })
})

it('/proc/net/unix: listening stream sockets with a path', () => {
  const table = [
    'Num       RefCount Protocol Flags    Type St Inode Path',
    'ffff9: 00000002 00000000 00010000 0001 01 20001 /run/docker.sock',
    'ffff9: 00000003 00000000 00000000 0001 03 20002 /run/docker.sock',
    'ffff9: 00000002 00000000 00010000 0001 01 20003 @abstract',
    'ffff9: 00000002 00000000 00010000 0005 01   204 /run/udev/control',
    'ffff9: 00000002 00000000 00010000 0001 01   205 /run/with space.sock',
    'ffff9: 00000003 00000000 00000000 0001 03 20006',
    '',
  ].join('\n')
  expect(parseUnixTable(table)).toEqual([
    { inode: '20001', path: '/run/docker.sock' },
    { inode: '205', path: '/run/with space.sock' },
  ])
})
