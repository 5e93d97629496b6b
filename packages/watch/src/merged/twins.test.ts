import { expect, it } from 'vitest'
import type { Trust } from '../discovery/trust.ts'
import { type Identity, superfluous } from './twins.ts'

const member = (trust: Trust, pid: number = 0, id: string = 'x', idOfHost: boolean = false): Identity => {
  return { trust, pid, engine: { type: 'docker.com', id, api: `unix:///${trust}/${pid}`, pid }, idOfHost }
}

it.each([
  ['two ways to an engine of the host', member('host'), member('host'), 'newcomer'],
  ['two sockets of one process', member('user', 7), member('user', 7), 'newcomer'],
  ['two sockets of one process, the more trusted one later', member('host', 7), member('foreign', 7), 'other'],
  ['two sockets of one process, the less trusted one later', member('user', 7), member('host', 7), 'newcomer'],
  ['a user who claims the id of the host', member('user', 8), member('host', 7), undefined],
  ['the host after a user who claims its id', member('host', 7), member('user', 8), undefined],
  ['a user who claims the id of another', member('user', 8), member('user', 7), undefined],
  ['processes that are not known', member('foreign'), member('foreign'), undefined],
  ['other ids', member('host', 7, 'y'), member('host', 7), undefined],
  ['no ids', member('host', 7, ''), member('host', 7, ''), undefined],
  ['ids that are those of the machine', member('host', 7, 'x', true), member('host', 7, 'x', true), undefined],
])('%s', (_, newcomer, other, expected) => expect(superfluous(newcomer, other)).toBe(expected))
