/** A process in a /proc that is made up, as far as pid namespaces are concerned. */

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Makes it.
 *  @param dir  where `proc` is
 *  @param pids  its number on the machine, and in the namespaces below */
export function namespaceProcess(dir: string, namespace: string, pids: readonly number[], parent: number): void {
  const own = join(dir, 'proc', String(pids[0]))
  mkdirSync(join(own, 'ns'), { recursive: true })
  writeFileSync(join(own, 'status'), `Name:\tx\nPPid:\t${parent}\nNStgid:\t9\nNSpid:\t${pids.join('\t')}\nNSpgid:\t9\n`)
  symlinkSync(`pid:[${namespace}]`, join(own, 'ns/pid'))
}
