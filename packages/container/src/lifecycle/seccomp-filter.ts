/** Compiled seccomp filters, remembered: one profile usually serves many containers. */

import { type LinuxSeccomp, stringifyJson } from '@teu/spec'
import type { HostFacts } from '../host-facts.ts'
import { compileSeccomp } from '../seccomp/compile.ts'

/** A filter as the plan compiler takes it. */
export interface SeccompFilter {
  readonly program: Uint8Array
  readonly flags: number
  readonly listenerPath?: string
  readonly listenerMetadata?: string
}

const REMEMBERED = 16
const byObject = new WeakMap<LinuxSeccomp, SeccompFilter>()
const byText = new Map<string, SeccompFilter>()

/** The filter of a profile. The same object costs a look-up, an equal one its JSON text.
 *  @param options.isOnly  no other will be asked for
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID */
export function seccompFilter(
  profile: LinuxSeccomp,
  { host, isOnly }: { readonly host: HostFacts; readonly isOnly: boolean },
): SeccompFilter {
  if (isOnly) return compile(profile, host)
  const known = byObject.get(profile)
  if (known) return known
  const text = stringifyJson(profile)
  const filter = byText.get(text) ?? compile(profile, host)
  byObject.set(profile, filter)
  byText.delete(text)
  byText.set(text, filter)
  // The first key is the one that was not used for longest.
  for (const oldest of byText.keys()) {
    if (byText.size <= REMEMBERED) break
    byText.delete(oldest)
  }
  return filter
}

function compile(profile: LinuxSeccomp, { machine, kernel }: HostFacts): SeccompFilter {
  const { program, flags, notify } = compileSeccomp(profile, { machine, kernel })
  return {
    program,
    flags,
    // A filter that asks nobody needs no listener, whatever the profile names.
    ...(notify && profile.listenerPath !== undefined && { listenerPath: profile.listenerPath }),
    ...(profile.listenerMetadata !== undefined && { listenerMetadata: profile.listenerMetadata }),
  }
}
