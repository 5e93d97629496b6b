/** Where npm has put the Bun binary for this machine. */

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { home } from './step.ts'

const CPU: Readonly<Record<string, string>> = { x64: 'x64', arm64: 'aarch64' }

/** True on Alpine and its like. */
const isMusl = (): boolean =>
  readdirSync('/lib').some((name) => name.startsWith('ld-musl-')) &&
  !existsSync('/lib/ld-linux-aarch64.so.1') &&
  !existsSync('/lib64/ld-linux-x86-64.so.2')

/** @throws {Error} when there is no Bun for this processor, or npm has left it out */
export function bunBinary(): string {
  const cpu = CPU[process.arch]
  if (cpu === undefined) throw new Error(`no Bun binary for ${process.arch}; the command line runs on Node there`)
  const file = join(home, 'node_modules/@oven', `bun-linux-${cpu}${isMusl() ? '-musl' : ''}`, 'bin/bun')
  if (!existsSync(file)) throw new Error(`${file} is missing: run npm ci (without --omit=optional)`)
  return file
}
