/** What every command for a daemon gets beside its own line. */

import type { Command, CommandDefinition } from '../cli/command.ts'
import { defineCommand } from '../cli/command.ts'
import type { Io } from '../cli/io.ts'
import type { OptionTable } from '../cli/options.ts'
import { FAILED } from '../human/ending.ts'
import type { Paint } from '../human/paint.ts'
import type { Console } from './console.ts'
import type { Host } from './host.ts'

/** Surroundings of one command. */
export interface HostContext {
  readonly io: Io
  readonly console: Console
  readonly paint: Paint
  /** Connects at the first call: what can be refused without the daemon is. */
  host(): Promise<Host>
  /** Tells of a failure that does not end the command. */
  warn(error: unknown): void
}

export type HostCommand = Command<HostContext>

/** {@link defineCommand} for these commands. */
export function defineHostCommand<const T extends OptionTable>(definition: CommandDefinition<HostContext, T>): HostCommand {
  return defineCommand<HostContext, T>({ failureStatus: FAILED, ...definition })
}
