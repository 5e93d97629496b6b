/** Random lives of containers, with restarts of the engine, and the comparison of what a watcher sees with what the engine says. */

import { setTimeout as delay } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Watcher } from '../../src/index.ts'
import type { DrivenEngine } from './driven-engine.ts'
import { aliveOf, type Told, untilTrue } from './told.ts'

const ACTS_PER_ROUND = 14
const MOST = 6
/** Somewhere within an act. */
const MOST_DELAY_MS = 300

/** A seed that was given, or a new one. */
export function seedOf(text: string | undefined): number {
  return text === undefined ? Math.floor(Math.random() * 1_000_000) : Number(text)
}

/** Numbers from 0 up to `below`, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Each round ends with a comparison; half of them have a restart of the engine in the middle, while acts are under way, and while which a
 *  container may die. Acts overlap, because lists and inspections are to meet with changes. What becomes of an act that the engine's end has
 *  cut off is the engine's affair; that the watcher sees what became of it is the point. */
export async function churn(daemon: DrivenEngine, watcher: Watcher, told: Told, rounds: number, seed: number): Promise<void> {
  const random = randomNumbers(seed)
  const names = new Set<string>()
  const acts = new Set<Promise<void>>()
  let count = 0
  let restarts = 0
  /** What fails because the engine ended meanwhile is no failure. */
  const unlessCut = async (act: Promise<void>): Promise<void> => {
    const before = restarts
    try {
      await act
    } catch (error) {
      if (before === restarts) throw error
    }
  }
  for (let round = 0; round < rounds; round++) {
    const restartAt = round % 2 === 0 ? random(ACTS_PER_ROUND) : -1
    for (let n = 0; n < ACTS_PER_ROUND; n++) {
      if (n === restartAt) {
        restarts++
        await restart(daemon, watcher, random, acts)
      }
      const name = [...names][random(Math.max(names.size, 1))]
      const fresh = name === undefined || (names.size < MOST && random(3) === 0) ? `c${seed}x${count++}` : undefined
      if (fresh !== undefined) names.add(fresh)
      const command = random(4) === 0 ? ['true'] : ['sleep', '1000']
      const act = unlessCut(fresh === undefined ? actOn(daemon, name ?? '', random, names) : begin(daemon, fresh, command)).finally(() =>
        acts.delete(act),
      )
      acts.add(act)
      if (acts.size >= daemon.overlap) await Promise.race(acts)
    }
    await Promise.all(acts)
    await untilTrue(watcher, () => daemon.alive())
    // At this very moment: programs may still end by themselves.
    expect(told.follower.picture(), `the events of round ${round}`).toEqual(aliveOf(watcher.portfolio))
  }
}

async function restart(
  daemon: DrivenEngine,
  watcher: Watcher,
  random: (below: number) => number,
  acts: ReadonlySet<Promise<void>>,
): Promise<void> {
  await delay(random(MOST_DELAY_MS))
  await daemon.stop(random(2) === 0 ? 'SIGKILL' : 'SIGTERM')
  await Promise.all(acts)
  const victim = [...watcher.portfolio][random(Math.max(watcher.portfolio.size, 1))]
  if (victim !== undefined && random(2) === 0) {
    try {
      process.kill(victim.pid, 'SIGKILL')
    } catch {
      // It has just ended by itself.
    }
  }
  await daemon.start()
}

/** What is not possible in the state that a container is in is refused, and that is not the point here. */
async function unlessRefused(daemon: DrivenEngine, act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!daemon.isRefusal(error)) throw error
  }
}

function begin(daemon: DrivenEngine, name: string, command: readonly string[]): Promise<void> {
  return unlessRefused(daemon, () => daemon.run(name, { command }))
}

async function actOn(daemon: DrivenEngine, name: string, random: (below: number) => number, names: Set<string>): Promise<void> {
  const act = ['kill', 'start', 'restart?t=0', 'pause', 'unpause', 'remove', 'rename'][random(7)] ?? 'kill'
  if (act === 'remove') {
    names.delete(name)
    await unlessRefused(daemon, () => daemon.remove(name))
  } else if (act === 'rename') {
    const renamed = `${name.replace(/-.*/, '')}-${random(1_000)}`
    names.delete(name)
    names.add(renamed)
    await unlessRefused(daemon, () => daemon.do(name, `rename?name=${renamed}`))
  } else await unlessRefused(daemon, () => daemon.do(name, act))
}
