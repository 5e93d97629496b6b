/** The host's `ps`: which file it is, what it prints, and which of its lines belong to a container. */

import { statSync } from 'node:fs'
import { TeuError } from '@teu/spec'

const CANDIDATES = ['/usr/bin/ps', '/bin/ps']
/** Far more than a machine full of processes prints. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024

/** Runs ps. It is found by absolute path and must belong to root: the caller's PATH may lead into an image.
 *  @throws {TeuError} ERR_TEU_UNSUPPORTED when there is none; ERR_TEU_SYSTEM when it fails */
export async function runHostPs(args: readonly string[]): Promise<string> {
  const file = CANDIDATES.find(isTrusted)
  if (file === undefined) {
    throw new TeuError('ERR_TEU_UNSUPPORTED', `Cannot print a table: there is no ps at ${CANDIDATES.join(' or ')}`, {
      remedy: 'Use --format json',
    })
  }
  // Only this format needs it, and it takes a millisecond to load.
  const { spawnSync } = await import('node:child_process')
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (status === 0) return stdout
  throw new TeuError(
    'ERR_TEU_SYSTEM',
    `Cannot list processes: ${file} ${args.join(' ')}: ${stderr?.trim() || (error?.message ?? `exit status ${status}`)}`,
    {
      path: file,
    },
  )
}

function isTrusted(file: string): boolean {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat !== undefined && stat.isFile() && stat.uid === 0 && (stat.mode & 0o022) === 0
}

/** The heading and those rows whose column titled PID holds one of `pids`.
 *  @throws {TeuError} ERR_TEU_USAGE when there is no such column */
export function selectRows(output: string, pids: ReadonlySet<number>): string {
  const [heading = '', ...rows] = output.split('\n')
  const column = fields(heading).indexOf('PID')
  if (column < 0) {
    throw new TeuError('ERR_TEU_USAGE', 'Cannot tell which processes belong to the container: ps printed no PID column', {
      remedy: 'Choose ps options that print one, for example -o pid,args',
    })
  }
  const own = rows.filter((row) => pids.has(Number(fields(row)[column])))
  return `${[heading, ...own].join('\n')}\n`
}

function fields(line: string): string[] {
  return line.trim().split(/\s+/)
}
