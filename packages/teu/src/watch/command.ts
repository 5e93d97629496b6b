/** `teu watch`. */

import { defineCommand } from '../cli/command.ts'
import type { TeuCommand } from '../human/context.ts'
import { FAILED } from '../human/ending.ts'
import { WATCH_OPTIONS, watchRequestOf } from './watch-options.ts'

/** Shows live containers and what happens to them, until it is ended. What it needs is loaded when it runs. */
export const watch: TeuCommand = defineCommand({
  name: 'watch',
  summary: 'Show the live containers of all engines, and what happens to them',
  synopsis: '',
  options: WATCH_OPTIONS,
  notes: `On a terminal: all engines, projects and containers with what they take of the machine; "?" shows the keys, "q" ends it.
Otherwise, with --plain or with --format json: a line for each event, until Ctrl-C.
With --web: the same view in a browser on this machine, with graphs of the last ten minutes. Whoever has the address can see it.

Filters of the same name are alternatives, labels must all be there. "*" in a name or project stands for anything;
an engine is named by kind (docker, podman, containerd, cri), id or address.
--engine takes the path of a socket, tcp://host:port or ssh://user@host, with its kind before it where the name of the socket does not tell
that: docker:, podman:, containerd: or cri:, as in podman:/run/x.sock.

  teu watch
  teu watch --web
  teu watch --filter project=shop --filter label=tier=front
  teu watch --format json --engine /run/docker.sock | jq .container.name`,
  failureStatus: FAILED,
  arity: [0, 0],
  check: (values) => void watchRequestOf(values),
  run: async (values, _args, context) => (await import('./watching.ts')).runWatch(watchRequestOf(values), context),
})
