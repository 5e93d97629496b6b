import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ScriptedEngine } from '../testing/scripted-engine.ts'
import { Follower, pictureOf, settle } from '../testing/told.ts'
import { Watcher } from './watcher.ts'

const ids = ['a', 'b', 'c']

type Act = readonly [what: string, id: string, wait: number]

const act = fc.tuple(
  fc.constantFrom('start', 'start', 'die', 'die', 'pause', 'unpause', 'rename', 'double', 'cut', 'refresh', 'hide', 'hang'),
  fc.constantFrom(...ids),
  fc.nat(6),
)

function perform(engine: ScriptedEngine, watcher: Watcher, [what, id]: Act): void {
  const alive = engine.lives.get(id)
  const toggle = (ids: Set<string>): unknown => ids.delete(id) || ids.add(id)
  if (what === 'cut') engine.cut()
  else if (what === 'refresh') void watcher.refresh().catch(() => undefined)
  else if (what === 'hide') toggle(engine.leftOut)
  else if (what === 'hang') toggle(engine.unknown)
  else if (what === 'start' && alive === undefined) engine.start(id)
  else if (alive === undefined) return
  else if (what === 'die') engine.die(id)
  else if (what === 'pause' && !alive.paused) engine.pause(id)
  else if (what === 'unpause' && alive.paused) engine.pause(id, false)
  else if (what === 'rename') engine.rename(id, `${alive.name}x`)
  else if (what === 'double') engine.emit({ type: 'started', id, timestamp: new Date(2_000) })
}

it('whatever happens, picture and events lead to what is true', async () => {
  const history = fc.array(act, { minLength: 1, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(history, fc.nat(4), fc.boolean(), async (acts, replay, exitsHavePids) => {
      const engine = new ScriptedEngine()
      engine.replay = replay
      engine.exitsHavePids = exitsHavePids
      const watcher = new Watcher(engine, { backoff: () => 0, concurrency: 2 })
      const follower = new Follower()
      watcher.tap((events) => events.forEach((event) => follower.see(event)))
      const watching = watcher.watch()
      for (const one of acts) {
        perform(engine, watcher, one)
        for (let n = 0; n < one[2]; n++) await Promise.resolve()
        if (one[2] === 6) await settle()
      }
      await watcher.ready()
      while (watcher.state !== 'watching' || engine.connections === 0) await settle()
      await settle()
      // What a list has left out, or left open, is found by the next one, or later.
      if (acts.some(([what]) => what === 'hide' || what === 'hang')) {
        engine.leftOut.clear()
        engine.unknown.clear()
        await watcher.refresh()
        await settle()
      }
      expect(pictureOf(watcher.portfolio)).toEqual(engine.picture())
      expect(follower.picture()).toEqual(engine.picture())
      await watcher[Symbol.asyncDispose]()
      await watching
      expect(engine.connections).toBe(0)
    }),
    { numRuns: 300 },
  )
})
