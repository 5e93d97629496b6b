/** Which process of this machine has a pid that an engine in another pid namespace tells. */

import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { readOnce } from './kept-files.ts'

/** Processes that are read before others get a turn; a millisecond, or two. */
const BATCH = 32

/** A process, as far as namespaces are concerned. */
interface Facts {
  readonly parent: number
  /** Its pid in each namespace from ours down to its own; the first is the process's number here. */
  readonly pids: readonly number[]
}

/** One look at all processes, at the first question. What comes later is not seen. */
export class PidNamespaces {
  readonly #proc: string
  readonly #namespaces = new Map<number, string | undefined>()
  #processes: Promise<ReadonlyMap<number, Facts>> | undefined

  /** @param proc  where proc is mounted */
  constructor(proc: string) {
    this.#proc = proc
  }

  /** True when a process is in another pid namespace than we are, so that its pids mean other processes; false also when it is gone. */
  isElsewhere(pid: number): boolean {
    const namespace = pid > 0 ? this.#namespaceOf(pid) : undefined
    return namespace !== undefined && namespace !== this.#read('self')
  }

  /** The number here of what has the number `pid` in the namespace of the process `member`. Only those count that were started out of that
   *  namespace: others may have the same number at the same depth.
   *  @see pid_namespaces(7); proc(5), NSpid */
  async translate(pid: number, member: number): Promise<number | undefined> {
    const processes = await (this.#processes ??= readProcesses(this.#proc))
    const namespace = this.#namespaceOf(member)
    const depth = (processes.get(member)?.pids.length ?? 0) - 1
    if (namespace === undefined || depth < 1) return undefined
    for (const [number, { pids }] of processes) {
      if (pids[depth] === pid && this.#comesFrom(processes, number, namespace)) return number
    }
    return undefined
  }

  /** Whether a process or one that it descends from is in a namespace. */
  #comesFrom(processes: ReadonlyMap<number, Facts>, pid: number, namespace: string): boolean {
    // They were read one after the other, so that a number may have been used again and the way up need not have an end.
    const seen = new Set<number>()
    for (let at = pid; at > 0 && !seen.has(at); at = processes.get(at)?.parent ?? 0) {
      if (this.#namespaceOf(at) === namespace) return true
      seen.add(at)
    }
    return false
  }

  #namespaceOf(pid: number): string | undefined {
    if (!this.#namespaces.has(pid)) this.#namespaces.set(pid, this.#read(String(pid)))
    return this.#namespaces.get(pid)
  }

  #read(name: string): string | undefined {
    try {
      return readlinkSync(join(this.#proc, name, 'ns/pid'))
    } catch {
      return undefined
    }
  }
}

async function readProcesses(proc: string): Promise<Map<number, Facts>> {
  const processes = new Map<number, Facts>()
  const names = readdirSync(proc).filter((name) => /^\d+$/.test(name))
  for (const [index, name] of names.entries()) {
    if (index % BATCH === BATCH - 1) await nextTurn()
    const status = readOnce(join(proc, name, 'status')) ?? ''
    const [, parent] = /^PPid:\t(\d+)$/m.exec(status) ?? []
    const [, pids] = /^NSpid:\t([\d\t]+)$/m.exec(status) ?? []
    if (parent === undefined || pids === undefined) continue
    processes.set(Number(name), { parent: Number(parent), pids: pids.split('\t').map(Number) })
  }
  return processes
}
