/** What a process is to be connected to, as the shim wants it: FIFOs, URLs or nothing. */

import { join } from 'node:path'
import { finished, type Readable, type Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { report } from '../report.ts'
import type { ProcessIo, StdioOption, StdioOptions } from '../types.ts'
import type { StdioPaths } from './attached-io.ts'
import { copyTo } from './outlet.ts'

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

/** What {@link connectStdio} connects. */
export interface ConnectableIo extends ProcessIo {
  /** Whether the process was there; settles with the call that starts it. */
  readonly started: Promise<boolean>
}

/** Hands the streams to the one who asked for them. */
export async function connectStdio(io: ConnectableIo, stdio: StdioOption | undefined, containerId: string): Promise<void> {
  if (typeof stdio === 'function') return stdio(io)
  if (typeof stdio !== 'object' || 'file' in stdio || 'logger' in stdio) return
  const { stdin, stdout, stderr } = stdio
  if (stdin !== undefined && io.stdin !== undefined) feed(stdin, io.stdin, containerId)
  const inflow = { containerId, endsTarget: io.started }
  const copy = (source: Readable | undefined, target: Writable | undefined): void => {
    if (source === undefined) return
    if (target === undefined) source.resume()
    else copyTo(target, source, inflow)
  }
  copy(io.stdout, stdout)
  copy(io.stderr, stderr)
}

/** Copies an input. When its source goes away without an end, also before this, the program's input ends: it would wait for ever. */
function feed(source: Readable, target: Writable, containerId: string): void {
  const forget = finished(source, { writable: false }, (error) => {
    if (error !== undefined && error !== null) report({ what: 'read the input of a process', containerId, error })
    target.end()
  })
  source.pipe(target)
  target.once('close', () => {
    source.unpipe(target)
    forget()
  })
}
