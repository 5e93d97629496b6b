/** An identifier for a Podman, which has no daemon that could have one. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { isRecord } from '../answers/values.ts'

const UNIX = 'unix://'

/** The same for the same Podman and its containers: of where it is reached, of this machine, and of what it says itself, which are its host
 *  name and where its containers are stored. What it says proves nothing, since another one may say the same; so those at two sockets are
 *  two.
 *  @param info  answer to `GET /libpod/info` */
export function engineIdOf(info: unknown, place: string): string {
  const parts = [machineId(), place, textAt(info, 'host', 'hostname'), textAt(info, 'store', 'graphRoot')]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

/** Where an engine is reached: for a socket the socket itself, by whatever path, as long as nobody makes it anew; else the address.
 *  @throws {Error} when there is no socket */
export async function placeOf(address: string): Promise<string> {
  if (!address.startsWith(UNIX)) return address
  const { dev, ino } = await stat(address.slice(UNIX.length), { bigint: true })
  return `${dev}:${ino}`
}

/** A text two levels down in an answer; empty when there is none. */
export function textAt(answer: unknown, outer: string, inner: string): string {
  const part = isRecord(answer) ? answer[outer] : undefined
  const text = isRecord(part) ? part[inner] : undefined
  return typeof text === 'string' ? text : ''
}

/** See machine-id(5); empty on a machine without. */
function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim()
  } catch {
    return ''
  }
}
