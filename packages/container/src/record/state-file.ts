/** The persisted record of something, one `state.json` per directory: readers take no lock, writers replace the file whole. */

import { parseJson, stringifyJson, TeuError } from '@teu/spec'
import { replaceFile } from './atomic-file.ts'
import { withLock } from './lock.ts'
import { readOwnFile } from './own-file.ts'

const FILE = 'state.json'

/** A value of type `T` that is kept in `<directory>/state.json`.
 *  @see container.md of the OCI runtimes' state managers: create, load, set in memory, save */
export class StateFile<T extends object> {
  readonly #directory: string
  #value: T

  private constructor(directory: string, value: T) {
    this.#directory = directory
    this.#value = value
  }

  /** Writes `initial` at once. The directory exists. */
  static create<T extends object>(directory: string, initial: T): StateFile<T> {
    const file = new StateFile(directory, structuredClone(initial))
    file.save()
    return file
  }

  /** @throws {TeuError} ERR_TEU_NOT_FOUND when there is no file, ERR_TEU_CONFIG_INVALID when it is not JSON */
  static load<T extends object>(directory: string): StateFile<T> {
    return new StateFile(directory, readState<T>(directory))
  }

  /** A copy: changing it changes nothing here. */
  get value(): Readonly<T> {
    return structuredClone(this.#value)
  }

  /** Changes the value in memory only; `save` persists it. */
  set(patch: Partial<T>): void {
    this.#value = { ...this.#value, ...structuredClone(patch) }
  }

  /** Replaces the file atomically. */
  save(): void {
    replaceFile(`${this.#directory}/${FILE}`, stringifyJson(this.#value))
  }

  /** Locks the directory, reads the file again, applies `change`, saves and returns the new value. */
  async update(change: (value: T) => T | undefined, options: { signal?: AbortSignal } = {}): Promise<T> {
    return await withLock(this.#directory, options, async () => {
      const current = readState<T>(this.#directory)
      this.#value = change(current) ?? current
      this.save()
      return structuredClone(this.#value)
    })
  }
}

/** The value in `<directory>/state.json`, for a caller that keeps it to itself.
 *  @throws {TeuError} as {@link StateFile.load} */
export function readState<T extends object>(directory: string): T {
  const path = `${directory}/${FILE}`
  let text: string
  try {
    text = readOwnFile(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new TeuError('ERR_TEU_NOT_FOUND', `Cannot load the state in ${directory}: container does not exist`, { path, cause })
  }
  return parseJson(text, { file: path }) as unknown as T
}
