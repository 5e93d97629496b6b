/** Processes in a /proc that is made up, in the directory `proc` of a test's own. */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** How a process sees the machine, and where it listens. */
export interface MadeUpProcess {
  /** Its mount namespace. */
  readonly mnt: string
  readonly root: string
  /** Inode and path of sockets on which it listens. */
  readonly sockets?: readonly (readonly [inode: string, path: string])[]
}

/** Makes a process as discovery looks at it.
 *  @param dir  where `proc` is */
export function madeUpProcess(dir: string, pid: number, comm: string, { mnt, root, sockets = [] }: MadeUpProcess): void {
  const own = join(dir, 'proc', String(pid))
  for (const name of ['ns', 'net', 'fd']) mkdirSync(join(own, name), { recursive: true })
  writeFileSync(join(own, 'comm'), `${comm}\n`)
  symlinkSync(`mnt:[${mnt}]`, join(own, 'ns/mnt'))
  symlinkSync(root, join(own, 'root'))
  const lines = sockets.map(([inode, path], n) => {
    symlinkSync(`socket:[${inode}]`, join(own, 'fd', String(n)))
    return `0000000000000000: 00000002 00000000 00010000 0001 01 ${inode} ${path}`
  })
  writeFileSync(join(own, 'net/unix'), ['Num       RefCount Protocol Flags    Type St Inode Path', ...lines, ''].join('\n'))
}

/** Makes a process as far as pid namespaces are concerned.
 *  @param pids  its number on the machine, and in the namespaces below */
export function namespaceProcess(dir: string, namespace: string, pids: readonly number[], parent: number): void {
  const own = join(dir, 'proc', String(pids[0]))
  mkdirSync(join(own, 'ns'), { recursive: true })
  writeFileSync(join(own, 'status'), `Name:\tx\nPPid:\t${parent}\nNStgid:\t9\nNSpid:\t${pids.join('\t')}\nNSpgid:\t9\n`)
  symlinkSync(`pid:[${namespace}]`, join(own, 'ns/pid'))
}

/** Makes /proc/self: process 1. */
export function beProcess1(dir: string): void {
  symlinkSync(join(dir, 'proc/1'), join(dir, 'proc/self'))
}
