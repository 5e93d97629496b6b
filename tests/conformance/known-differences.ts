/**
 * Where the runtimes of Debian 12 differ from what these tests ask for: `group: name` → why. A test on the list must fail with that
 * runtime; one that passes has to leave the list. There is none for teu-oci.
 */

import type { RuntimeKind } from '../harness/runtime.ts'

/** By runtime, then by test. */
export const knownDifferences: Readonly<Record<RuntimeKind, Readonly<Record<string, string>>>> = {
  'teu-oci': {},
  runc: {},
  crun: {},
}
