/** Options before the command. */

import type { OptionValues } from '../cli/options.ts'

/** Of teu, with a daemon or without. */
export const GLOBALS = {
  root: { kind: 'text', value: 'DIR', help: 'State root (default /run/teu, or $XDG_RUNTIME_DIR/teu for an ordinary user)' },
  host: { kind: 'text', value: 'URL', help: 'Work on a daemon: containerd:///run/containerd/containerd.sock (default $TEU_HOST)' },
  namespace: { kind: 'text', value: 'NAME', help: 'Namespace of the daemon (default $CONTAINERD_NAMESPACE, or "default")' },
  debug: { kind: 'flag', help: 'Show where in teu a failure came from' },
  version: { kind: 'flag', short: 'v', help: 'Print the version' },
} as const

/** What was given of them. */
export type GlobalValues = OptionValues<typeof GLOBALS>
