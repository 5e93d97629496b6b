/** Many containers that come and go, over a real socket. */

import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { CriServer } from '../testing/cri-server.ts'
import { Follower, pictureOf } from '../testing/told.ts'
import { watch } from '../watch.ts'

const CONTAINERS = 500
/** Of ten, those that stay. */
const STAYING = new Set([3, 7])

it('500 containers that begin and mostly end as fast as they can be told leave exactly those that are alive', async () => {
  await using server = await CriServer.start()
  server.addPod('p')
  await using watcher = watch(server.path)
  const follower = new Follower()
  watcher.tap((events) => events.forEach((event) => follower.see(event)))
  await watcher.ready()
  const alive = ['p']
  for (let n = 0; n < CONTAINERS; n++) {
    const id = `c${n}`
    server.addContainer(id, 'p')
    server.tell('STARTED', id)
    await turn()
    if (STAYING.has(n % 10)) {
      alive.push(id)
      continue
    }
    server.endContainer(id, 1)
    server.tell('STOPPED', id)
  }
  const idsOf = (picture: readonly string[]): string[] => picture.map((one) => one.split(' ')[0] ?? '').sort()
  while (watcher.portfolio.size < alive.length) await delay(5)
  await watcher.refresh()
  expect(idsOf(pictureOf(watcher.portfolio))).toEqual([...alive].sort())
  expect(idsOf(follower.picture())).toEqual([...alive].sort())
})
