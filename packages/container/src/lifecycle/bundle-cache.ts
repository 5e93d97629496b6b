/** Configs of bundles that have been read and checked, as long as their files stay the same. */

import { type BigIntStats, statSync } from 'node:fs'
import type { Spec } from '@teu/spec'

interface Entry {
  readonly identity: string
  readonly spec: Spec
}

const REMEMBERED = 64
const entries = new Map<string, Entry>()

/** The config at `file`: from memory when it is the same file with the same content as last time, else from `read`. Callers must not
 *  change it. The times come from the kernel in nanoseconds and a change of content changes both, so a rewritten file is never missed
 *  unless its clock stands still; a file that was changed within the last two seconds is therefore not remembered. */
export function rememberedConfig(file: string, read: () => Spec): Spec {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false })
  if (stat === undefined) return read()
  const identity = identityOf(stat)
  const known = entries.get(file)
  if (known?.identity === identity) return known.spec
  const spec = read()
  entries.delete(file)
  if (isSettled(stat)) entries.set(file, { identity, spec })
  for (const oldest of entries.keys()) {
    if (entries.size <= REMEMBERED) break
    entries.delete(oldest)
  }
  return spec
}

function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`
}

/** Timestamps move on in steps of a clock tick: two writes within one cannot be told apart. */
function isSettled({ ctimeMs }: BigIntStats): boolean {
  return Date.now() - Number(ctimeMs) > 2_000
}
