/** All commands of teu-oci, in the order of the help. */

import type { OciCommand } from './context.ts'
import { create } from './create.ts'
import { deleteContainer } from './delete.ts'
import { events } from './events.ts'
import { exec } from './exec.ts'
import { explain } from './explain.ts'
import { features } from './features.ts'
import { kill } from './kill.ts'
import { list } from './list.ts'
import { pause, resume } from './pause.ts'
import { ps } from './ps.ts'
import { run } from './run.ts'
import { spec } from './spec.ts'
import { start } from './start.ts'
import { state } from './state.ts'
import { update } from './update.ts'
import { wait } from './wait.ts'

/** `checkpoint` and `restore` are not among them: engines take a help text for a working feature. */
export const COMMANDS: readonly OciCommand[] = [
  create,
  start,
  run,
  exec,
  kill,
  deleteContainer,
  state,
  list,
  ps,
  pause,
  resume,
  update,
  events,
  wait,
  spec,
  explain,
  features,
]
