/** What every command of teu-oci gets beside its own line. */

import { resolve } from 'node:path'
import type { Command } from '../cli/command.ts'
import type { Io } from '../cli/io.ts'
import type { ContainerHandle, ContainerSet, Library, OpenOptions } from '../cli/library.ts'
import type { Log } from '../cli/log.ts'

/** Surroundings of one command. */
export interface OciContext {
  readonly io: Io
  readonly log: Log
  readonly library: Library
  readonly open: OpenOptions
  /** The set under the state root; the directory is made when it is missing. */
  containers(): Promise<ContainerSet>
  /** @throws {TeuError} ERR_TEU_NOT_FOUND, ERR_TEU_INVALID_ID */
  container(id: string): Promise<ContainerHandle>
  /** Makes a path of the command line absolute: the caller's directory counts, whatever happens later. */
  path(text: string): string
}

export type OciCommand = Command<OciContext>

/** Binds the parts together. */
export function createContext(io: Io, log: Log, library: Library, open: OpenOptions): OciContext {
  const containers = (): Promise<ContainerSet> => library.open(open)
  return {
    io,
    log,
    library,
    open,
    containers,
    container: async (id) => await (await containers()).load(id),
    path: (text) => resolve(io.cwd, text),
  }
}
