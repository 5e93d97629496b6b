/** Applies a live update of resources: all of it, or nothing. */

import { constants } from 'node:fs'
import { access, open, readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { TeuError } from '@teu/spec'
import { formerValue } from './former-value.ts'
import type { CgroupWrite } from './resources/write.ts'

/** Writes the values of {@link compileUpdate}. When one is refused, what had been written before is put back, in reverse, and the call
 *  fails with the refusal; failures of putting back come along as `suppressed`.
 *
 *  The kernel refuses pairs that do not fit for a moment (memory above memory+swap, a period too short for the quota, a burst above the
 *  quota) with EINVAL: such a write is tried again after the others, as long as that helps. Raising and lowering both work like this.
 *  @throws {TeuError} ERR_TEU_CGROUP with file, value and errno; ERR_TEU_UNSUPPORTED when the kernel does not have the file */
export async function applyUpdate(writes: readonly CgroupWrite[]): Promise<void> {
  await checkUsage(writes)
  const former = new Map<CgroupWrite, string>()
  for (const write of writes) {
    const value = formerValue(basename(write.file), write.value, await readIfThere(write.file))
    if (value !== undefined) former.set(write, value)
  }
  const done: CgroupWrite[] = []
  try {
    await writeAll(writes, done)
  } catch (error) {
    const back = done.reverse().flatMap((write) => {
      const value = former.get(write)
      return value === undefined ? [] : [{ ...write, value }]
    })
    throw withSuppressed(error, await putBack(back))
  }
}

async function writeAll(writes: readonly CgroupWrite[], done: CgroupWrite[]): Promise<void> {
  let pending = writes
  while (pending.length > 0) {
    const refused: CgroupWrite[] = []
    let refusal: unknown
    for (const write of pending) {
      try {
        await writeOne(write)
        done.push(write)
      } catch (error) {
        if (codeOf(error) !== 'EINVAL' || !dependsOnOthers(write)) throw await cgroupError(write, error)
        refusal ??= await cgroupError(write, error)
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

async function putBack(writes: readonly CgroupWrite[]): Promise<Error[]> {
  try {
    await writeAll(writes, [])
    return []
  } catch (first) {
    // One value that cannot be put back must not keep the others from it.
    const errors = [first as Error]
    for (const write of writes) await writeOne(write).catch((error: unknown) => errors.push(error as Error))
    return errors.slice(0, writes.length)
  }
}

/** One write(2), and never a file that was not there: the directory is the kernel's. */
async function writeOne(write: CgroupWrite): Promise<void> {
  try {
    const file = await open(write.file, constants.O_WRONLY | constants.O_NOFOLLOW)
    try {
      await file.write(write.value)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (write.optional && codeOf(error) === 'ENOENT') return
    throw error
  }
}

/** Refuses limits below what is in use: on v2 the kernel would kill to get there. */
async function checkUsage(writes: readonly CgroupWrite[]): Promise<void> {
  for (const write of writes) {
    if (write.above === undefined) continue
    const text = (await readIfThere(write.above))?.trim()
    if (text === undefined || BigInt(text) < BigInt(write.value)) continue
    throw new TeuError('ERR_TEU_CGROUP', `Cannot set ${basename(write.file)} to ${write.value}: the container uses ${text} bytes`, {
      path: write.file,
      pointer: write.pointer,
      remedy: 'Give a limit above the present usage, or set checkBeforeUpdate to false',
    })
  }
}

async function cgroupError(write: CgroupWrite, cause: unknown): Promise<TeuError> {
  const errno = codeOf(cause)
  const file = basename(write.file)
  const details = { path: write.file, pointer: write.pointer, errno, syscall: (cause as NodeJS.ErrnoException).syscall, cause }
  const what = `Cannot set ${file} to ${JSON.stringify(write.value.trim())}`
  if (errno === 'ENOENT' && (await exists(dirname(write.file)))) {
    return new TeuError('ERR_TEU_UNSUPPORTED', `${what}: the container's cgroup has no such file`, {
      ...details,
      remedy: 'The kernel lacks the feature, or the controller is not enabled in the cgroups above',
    })
  }
  if (errno === 'EBUSY' && file === 'memory.limit_in_bytes') {
    const directory = dirname(write.file)
    const usage = (await readIfThere(`${directory}/memory.usage_in_bytes`))?.trim()
    const peak = (await readIfThere(`${directory}/memory.max_usage_in_bytes`))?.trim()
    return new TeuError('ERR_TEU_CGROUP', `${what}: the container uses ${usage} bytes (peak ${peak}), which cannot be reclaimed`, details)
  }
  return new TeuError('ERR_TEU_CGROUP', `${what}: write failed with ${errno}`, details)
}

function withSuppressed(error: unknown, suppressed: readonly Error[]): unknown {
  if (suppressed.length === 0 || !(error instanceof TeuError)) return error
  const { code, message, name: _name, stack: _stack, ...details } = error
  return new TeuError(code, message, { ...details, cause: error.cause, suppressed })
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function readIfThere(path: string): Promise<string | undefined> {
  // ENOENT: the write itself will say it. EINVAL: files such as cgroup.kill cannot be read.
  return readFile(path, 'utf8').catch(() => undefined)
}
