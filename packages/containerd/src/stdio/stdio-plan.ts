/** What a process is to be connected to, as the shim wants it: FIFOs, URLs or nothing. */

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ProcessIo, StdioOption, StdioOptions } from '../types.ts'
import type { StdioPaths } from './attached-io.ts'

/** The fields of a request, and the FIFOs among them. */
export interface StdioPlan {
  readonly request: { readonly stdin: string; readonly stdout: string; readonly stderr: string; readonly terminal: boolean }
  readonly fifos: StdioPaths
}

/** Plans the streams of a process.
 *  @param bundle  directory of the FIFOs */
export function planStdio(bundle: string, processId: string, terminal: boolean, options: StdioOptions): StdioPlan {
  const { stdio = 'null' } = options
  const url = targetUrl(stdio)
  if (url !== undefined) return { request: { stdin: '', stdout: url, stderr: terminal ? '' : url, terminal }, fifos: {} }
  const path = (stream: string): string => join(bundle, `${processId}-${stream}`)
  const hasStdin = options.withStdin ?? (typeof stdio === 'object' && 'stdin' in stdio && stdio.stdin !== undefined)
  const fifos = {
    stdin: hasStdin ? path('stdin') : undefined,
    stdout: path('stdout'),
    // A terminal has one output.
    stderr: terminal ? undefined : path('stderr'),
  }
  return { request: { stdin: fifos.stdin ?? '', stdout: fifos.stdout, stderr: fifos.stderr ?? '', terminal }, fifos }
}

/** What stands for both outputs; undefined where FIFOs do. */
function targetUrl(stdio: StdioOption): string | undefined {
  if (stdio === 'null') return ''
  if (typeof stdio === 'function') return undefined
  if ('file' in stdio) return pathToFileURL(stdio.file).href
  if (!('logger' in stdio)) return undefined
  const query = new URLSearchParams(stdio.args).toString()
  return `${pathToFileURL(stdio.logger).href.replace('file:', 'binary:')}${query === '' ? '' : `?${query}`}`
}

/** Hands the streams to the one who asked for them. */
export async function connectStdio(io: ProcessIo, stdio: StdioOption | undefined): Promise<void> {
  if (typeof stdio === 'function') return stdio(io)
  if (typeof stdio !== 'object' || 'file' in stdio || 'logger' in stdio) return
  const { stdin: source, stdout, stderr } = stdio
  const target = io.stdin
  if (source !== undefined && target !== undefined) {
    source.pipe(target)
    // pipe() leaves the target open when its source fails.
    source.once('error', () => target.end())
    target.once('close', () => source.unpipe(target))
  }
  copy(io.stdout, stdout)
  copy(io.stderr, stderr)
}

/** Copies, and goes on reading when the target has gone: a full pipe would stop the program. */
function copy(source: ProcessIo['stdout'], target: NodeJS.WritableStream | undefined): void {
  if (source === undefined) return
  if (target === undefined) {
    source.resume()
    return
  }
  source.pipe(target)
  const drain = (): void => {
    source.unpipe(target)
    source.resume()
  }
  target.once('close', drain)
  target.once('error', drain)
}
