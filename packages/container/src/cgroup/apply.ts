/** Applies a live update of resources: all of it, or nothing. */

import { constants } from 'node:fs'
import { basename, dirname } from 'node:path'
import { TeuError } from '@teu/spec'
import { formerValue } from './former-value.ts'
import type { CgroupWrite } from './resources/write.ts'
import { withSuppressed } from './suppressed.ts'

/** How cgroup files are read and written. */
export interface CgroupFiles {
  /** Content, undefined when it cannot be read. */
  read(path: string): Promise<string | undefined>
  /** One write(2) to a file that exists. */
  write(path: string, value: string): Promise<void>
  exists(path: string): Promise<boolean>
}

/** Writes the values of {@link compileUpdate}. When one is refused, what had been written before is put back, in reverse, and the call
 *  fails with the refusal; failures of putting back come along as `suppressed`.
 *
 *  The kernel refuses pairs that do not fit for a moment (memory above memory+swap, a period too short for the quota, a burst above the
 *  quota) with EINVAL: such a write is tried again after the others, as long as that helps. Raising and lowering both work like this.
 *  @throws {TeuError} ERR_TEU_CGROUP with file, value and errno; ERR_TEU_UNSUPPORTED when the kernel does not have the file */
export async function applyUpdate(writes: readonly CgroupWrite[], files: CgroupFiles = kernelFiles): Promise<void> {
  await checkUsage(writes, files)
  const former = new Map<CgroupWrite, string>()
  for (const write of writes) {
    const value = formerValue(basename(write.file), write.value, await files.read(write.file))
    if (value !== undefined) former.set(write, value)
  }
  const done: CgroupWrite[] = []
  try {
    await writeAll(writes, done, files)
  } catch (error) {
    const back = done.reverse().flatMap((write) => {
      const value = former.get(write)
      return value === undefined ? [] : [{ ...write, value }]
    })
    throw withSuppressed(error as Error, await putBack(back, files))
  }
}

async function writeAll(writes: readonly CgroupWrite[], done: CgroupWrite[], files: CgroupFiles): Promise<void> {
  let pending = writes
  while (pending.length > 0) {
    const refused: CgroupWrite[] = []
    let refusal: unknown
    for (const write of pending) {
      try {
        await writeOne(write, files)
        done.push(write)
      } catch (error) {
        const explained = await cgroupError(write, error as NodeJS.ErrnoException, files)
        if (explained.errno !== 'EINVAL' || !dependsOnOthers(write)) throw explained
        refusal ??= explained
        refused.push(write)
      }
    }
    if (refused.length === pending.length) throw refusal
    pending = refused
  }
}

function dependsOnOthers(write: CgroupWrite): boolean {
  return write.controller === 'cpu' || write.controller === 'memory'
}

/** @returns  what could not be put back */
async function putBack(writes: readonly CgroupWrite[], files: CgroupFiles): Promise<Error[]> {
  const errors: Error[] = []
  let pending = writes
  // One value that cannot be put back must not keep the others from it.
  while (pending.length > 0) {
    const done: CgroupWrite[] = []
    try {
      await writeAll(pending, done, files)
      return errors
    } catch (error) {
      errors.push(error as Error)
      const rest = pending.filter((write) => !done.includes(write))
      pending = rest.filter((write) => write.file !== (error as TeuError).path)
    }
  }
  return errors
}

async function writeOne(write: CgroupWrite, files: CgroupFiles): Promise<void> {
  try {
    await files.write(write.file, write.value)
  } catch (error) {
    if (!(write.optional && codeOf(error) === 'ENOENT')) throw error
  }
}

/** Refuses limits below what is in use: on v2 the kernel would kill to get there.
 *  @throws {TeuError} ERR_TEU_CGROUP */
export async function checkUsage(writes: readonly CgroupWrite[], files: CgroupFiles = kernelFiles): Promise<void> {
  for (const write of writes) {
    if (write.above === undefined) continue
    const text = (await files.read(write.above))?.trim()
    if (text === undefined || BigInt(text) < BigInt(write.value)) continue
    throw new TeuError('ERR_TEU_CGROUP', `Cannot set ${basename(write.file)} to ${write.value}: the container uses ${text} bytes`, {
      path: write.file,
      pointer: write.pointer,
      remedy: 'Give a limit above the present usage, or set checkBeforeUpdate to false',
    })
  }
}

async function cgroupError(write: CgroupWrite, cause: NodeJS.ErrnoException, files: CgroupFiles): Promise<TeuError> {
  const errno = codeOf(cause)
  const file = basename(write.file)
  const details = { path: write.file, pointer: write.pointer, errno, syscall: cause.syscall, cause }
  const what = `Cannot set ${file} to ${JSON.stringify(write.value.trim())}`
  if (errno === 'ENOENT' && (await files.exists(dirname(write.file)))) {
    return new TeuError('ERR_TEU_UNSUPPORTED', `${what}: the container's cgroup has no such file`, {
      ...details,
      remedy: 'The kernel lacks the feature, or the controller is not enabled in the cgroups above',
    })
  }
  if (errno === 'EBUSY' && file === 'memory.limit_in_bytes') {
    const directory = dirname(write.file)
    const usage = (await files.read(`${directory}/memory.usage_in_bytes`))?.trim()
    const peak = (await files.read(`${directory}/memory.max_usage_in_bytes`))?.trim()
    return new TeuError('ERR_TEU_CGROUP', `${what}: the container uses ${usage} bytes (peak ${peak}), which cannot be reclaimed`, details)
  }
  return new TeuError('ERR_TEU_CGROUP', `${what}: write failed with ${errno}`, details)
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}

// oxlint-disable-next-line consistent-type-imports -- the type of a module that is loaded when it is needed
function promises(): typeof import('node:fs/promises') {
  return process.getBuiltinModule('node:fs/promises')
}

const kernelFiles: CgroupFiles = {
  // Some files can only be written: there is nothing to put back then.
  read: (path) =>
    promises()
      .readFile(path, 'latin1')
      .catch(() => undefined),
  async write(path, value) {
    // Without O_CREAT: the directory is the kernel's, and a file that it does not offer must not appear.
    const file = await promises().open(path, constants.O_WRONLY | constants.O_NOFOLLOW)
    try {
      await file.write(value)
    } finally {
      await file.close()
    }
  },
  exists: (path) =>
    promises()
      .access(path)
      .then(
        () => true,
        () => false,
      ),
}
