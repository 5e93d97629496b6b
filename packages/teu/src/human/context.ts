/** What every command of teu gets beside its own line. */

import type { Command } from '../cli/command.ts'
import type { Io } from '../cli/io.ts'
import type { Engine } from './engine.ts'
import type { HostDoor } from './host-door.ts'
import type { Paint } from './paint.ts'

/** Surroundings of one command. */
export interface TeuContext {
  readonly io: Io
  readonly engine: Engine
  readonly door: HostDoor
  readonly paint: Paint
  /** State root, when one was named. */
  readonly root: string | undefined
}

export type TeuCommand = Command<TeuContext>
