/** A program that takes a container through its life and says what it saw, to be run by another engine than the tests'. */

import { readdirSync, readlinkSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { eventually } from '../../../../tests/harness/wait.ts'
import type { Spec } from '@teu/spec'
import { Containerd, type TaskEvent } from '../../src/index.ts'
import { Sink } from './streams.ts'

const { address, namespace, stateDir, runtimeRoot, spec } = JSON.parse(process.argv[2] ?? '{}') as Record<string, string> & { spec: Spec }
const stdioDirectory = stateDir ?? ''
const events: TaskEvent[] = []
const client = await Containerd.connect({
  address: address ?? '',
  namespace: namespace ?? '',
  stateDir: stateDir ?? '',
  runtime: { name: 'io.containerd.runc.v2', options: { binaryName: 'runc', root: runtimeRoot ?? '' } },
  // An output whose end does not come is to be noticed.
  drainTimeoutMs: 600_000,
  onEvent: (event) => void events.push(event),
})
const handle = await client.create('a', spec)
const [stdin, stdout, stderr] = [new PassThrough(), new Sink(), new Sink()]
const starting = handle.start({ stdio: { stdin, stdout, stderr } })
stdin.write('x'.repeat(200_000))
await starting
const exec = new Sink()
const process_ = { args: ['/bin/sh', '-c', 'cat; exit 4'], cwd: '/', env: ['PATH=/bin'], user: { uid: 0, gid: 0 } }
const empty = new PassThrough()
empty.end()
await handle.exec('e1', process_, { stdio: { stdin: empty, stdout: exec } })
const execExit = await handle.wait('e1')
// Nobody reads what it writes: nothing.
await handle.exec('e2', { ...process_, args: ['/bin/true'] }, { stdio: () => {} })
await handle.wait('e2')
// More input than fits into the pipe, for one that does not read.
const unread = new PassThrough()
unread.write('z'.repeat(300_000))
await handle.exec('e3', { ...process_, args: ['/bin/sleep', '0.1'] }, { stdio: { stdin: unread } })
await handle.wait('e3')
stdin.end('y'.repeat(100_000))
const exit = await handle.wait()
await handle.deleteTask()
await handle.start({ stdio: { stdout: new Sink() } })
await handle.deleteTask({ force: true })
await handle.delete()
const isOpen = (fd: string): boolean => {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith(stdioDirectory)
  } catch {
    return false
  }
}
await eventually('closed descriptors', () => (readdirSync('/proc/self/fd').some(isOpen) ? undefined : true), 5_000)
await client[Symbol.asyncDispose]()
const summary = { exit: exit.exitCode, exec: execExit.exitCode, stdout: stdout.text.trim(), stderr: stderr.text.trim() }
process.stdout.write(`${JSON.stringify({ ...summary, events: events.map(({ type }) => type) })}\n`)
