/** Streams of processes, through the FIFOs of a real shim. */

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { expect } from 'vitest'
import { eventually } from '../../../tests/harness/wait.ts'
import type { ProcessIo } from '../src/index.ts'
import { EventLog, fifosBelow } from './support/daemon.ts'
import { withEachRuntime } from './support/runtimes.ts'
import { Sink } from './support/streams.ts'

withEachRuntime('streams', (test) => {
  test('input goes in and ends, for the first process and for execs', async (daemon) => {
    const client = await daemon.client()
    const handle = await client.create('a', daemon.spec(['/bin/cat']))
    const [input, stdout] = [new PassThrough(), new Sink()]
    await handle.start({ stdio: { stdin: input, stdout } })
    const big = 'x'.repeat(300_000)
    const exec = new Sink()
    await handle.exec('e1', daemon.process('/bin/wc', '-c'), { stdio: { stdin: Readable.from([big]), stdout: exec } })
    expect(await handle.wait('e1')).toMatchObject({ exitCode: 0 })
    expect(exec.text.trim()).toBe(String(big.length))
    // An input that is empty, and over before the process is there.
    const empty = new Sink()
    await handle.exec('e2', daemon.process('/bin/wc', '-c'), { stdio: { stdin: Readable.from([]), stdout: empty } })
    expect(await handle.wait('e2')).toMatchObject({ exitCode: 0 })
    expect(empty.text.trim()).toBe('0')
    input.end('the end\n')
    expect(await handle.wait()).toMatchObject({ exitCode: 0 })
    expect(stdout.text).toBe('the end\n')
    await handle.deleteTask()
    await handle.delete()
  })

  test('closeStdin() closes the side of the shim', async (daemon) => {
    const client = await daemon.client()
    const handle = await client.create('a', daemon.spec(['/bin/cat']))
    let io: ProcessIo | undefined
    await handle.start({ withStdin: true, stdio: (own) => void (io = own) })
    const stdout = io?.stdout?.pipe(new Sink())
    io?.stdin?.write('before\n')
    await stdout?.waitFor('before')
    await handle.closeStdin('init')
    io?.stdin?.write('after\n')
    await stdout?.waitFor('after')
    expect(await handle.status()).toBe('running')
    // Ours was the last.
    io?.stdin?.end()
    expect(await handle.wait()).toMatchObject({ exitCode: 0 })
    await handle.deleteTask()
    await handle.start()
    await handle.closeStdin('init')
    expect(await handle.wait()).toMatchObject({ exitCode: 0 })
    await handle.deleteTask()
    await handle.delete()
  })

  test('much output on both streams, slowly read, all arrives', async (daemon) => {
    const client = await daemon.client()
    const script = 'head -c 3000000 /dev/zero & head -c 2000000 /dev/zero >&2; wait'
    const handle = await client.create(
      'a',
      daemon.script(script, (config) => (config.process.args = ['/bin/sh', '-c', script])),
    )
    const counts = { stdout: 0, stderr: 0 }
    const count = async (stream: Readable | undefined, name: 'stdout' | 'stderr'): Promise<void> => {
      for await (const chunk of stream ?? []) counts[name] += (chunk as Buffer).length
    }
    let reading: Promise<unknown> = Promise.resolve()
    await handle.start({
      stdio: (io) => {
        reading = Promise.all([count(io.stdout, 'stdout'), count(io.stderr, 'stderr')])
      },
    })
    expect(await handle.wait()).toMatchObject({ exitCode: 0 })
    await handle.deleteTask()
    await reading
    expect(counts).toEqual({ stdout: 3_000_000, stderr: 2_000_000 })
    await handle.delete()
  })

  test('a terminal: size, Ctrl-D, one output', async (daemon) => {
    const client = await daemon.client()
    const script = 'stty size; read line; stty size; echo "got $line"; cat; echo over'
    const handle = await client.create(
      'a',
      daemon.script(script, (config) => (config.process.terminal = true)),
    )
    const stdout = new Sink()
    let io: ProcessIo | undefined
    const connect = (own: ProcessIo): void => {
      io = own
      own.stdout?.pipe(stdout)
    }
    await handle.createTask({ withStdin: true, stdio: connect })
    await handle.resizeTerminal('init', { columns: 91, rows: 17 })
    await handle.start()
    expect(io).toMatchObject({ terminal: true })
    expect(io?.stderr).toBeUndefined()
    await stdout.waitFor('17 91')
    await handle.resizeTerminal('init', { columns: 120, rows: 40 })
    io?.stdin?.write('one\n')
    await stdout.waitFor('40 120')
    io?.stdin?.end('half a line')
    expect(await handle.wait()).toMatchObject({ exitCode: 0 })
    expect(stdout.text).toContain('over')
    await handle.resizeTerminal('init', { columns: 1, rows: 1 })
    await expect(handle.resizeTerminal('init', { columns: 65_536, rows: 1 })).rejects.toThrow(RangeError)
    await handle.deleteTask()
    await handle.delete()
  })

  test('a child that keeps the output open holds up neither exit nor deletion', async (daemon) => {
    const log = new EventLog()
    const client = await daemon.client({ onEvent: log.record, drainTimeoutMs: 300 })
    const handle = await client.create('a', daemon.spec(['/bin/sleep', '1000']))
    await handle.start()
    const stdout = new Sink()
    await handle.exec('e1', daemon.process('/bin/sh', '-c', 'sleep 1000 & echo first'), { stdio: { stdout } })
    expect(await handle.wait('e1')).toMatchObject({ exitCode: 0 })
    expect(stdout.text).toBe('first\n')
    await handle.deleteTask({ force: true })
    await handle.delete()
  })

  test('a reader that goes away does not stop the program from being ended', async (daemon) => {
    const client = await daemon.client({ drainTimeoutMs: 200 })
    const handle = await client.create('a', daemon.script('while :; do echo line; done'))
    let io: ProcessIo | undefined
    await handle.start({ stdio: (own) => void (io = own) })
    io?.stdout?.destroy()
    io?.stderr?.destroy()
    expect(await handle.status()).toBe('running')
    expect(await handle.deleteTask({ force: true })).toMatchObject({ exitCode: 137 })
    await handle.delete()
  })

  test('a reader that goes away before the start does not hold it up', async (daemon) => {
    const client = await daemon.client({ callTimeoutMs: 10_000 })
    const leave = ({ stdout, stderr }: ProcessIo): void => {
      stdout?.destroy()
      stderr?.destroy()
    }
    const handle = await client.create('a', daemon.script('sleep 1000'))
    await handle.start({ stdio: leave })
    await handle.exec('e1', daemon.process('/bin/sh', '-c', 'exit 5'), { stdio: leave })
    expect(await handle.wait('e1')).toMatchObject({ exitCode: 5 })
    await handle.delete({ force: true })
    expect(daemon.bundles()).toEqual([])
  })

  test('one stream for both outputs, and for two containers, gets everything and ends with the last', async (daemon) => {
    const client = await daemon.client()
    const sink = new Sink()
    const script = 'echo out; exec 1>&-; read line; echo err >&2'
    for (const id of ['a', 'b']) {
      const handle = await client.create(id, daemon.script(id === 'a' ? script : 'read line; echo other'))
      await handle.start({ withStdin: true, stdio: { stdout: sink, stderr: sink } })
    }
    await client.closeStdin('a', 'init')
    expect(await client.container('a').wait()).toMatchObject({ exitCode: 0 })
    expect(sink.text).toBe('out\nerr\n')
    expect(sink.writableEnded).toBe(false)
    await client.closeStdin('b', 'init')
    await client.container('b').wait()
    expect(sink.text).toBe('out\nerr\nother\n')
    expect(sink.writableEnded).toBe(true)
    for (const id of ['a', 'b']) {
      await client.deleteTask(id)
      await client.delete(id)
    }
  })

  test('a source that goes away ends the input, a stream that takes nothing does not stop the program', async (daemon) => {
    const client = await daemon.client()
    const handle = await client.create('a', daemon.script('head -c 300000 /dev/zero; cat; exit 4'))
    for (const when of ['before', 'after']) {
      const [stdin, stdout] = [new PassThrough(), new Sink()]
      const goAway = (): void => {
        stdin.destroy()
        stdout.destroy()
      }
      if (when === 'before') goAway()
      await handle.start({ stdio: { stdin, stdout } })
      if (when === 'after') goAway()
      expect(await handle.wait()).toMatchObject({ exitCode: 4 })
      await handle.deleteTask()
    }
    await handle.delete()
  })

  test('a link in place of the input gets nothing, and goes with the FIFOs', async (daemon) => {
    const client = await daemon.client()
    const handle = await client.create('a', daemon.script('cat; exit 4'))
    const [stdin, path, victim] = [new PassThrough(), join(daemon.stateDir, 'a/init-stdin'), daemon.lab.path('victim')]
    await handle.createTask({ stdio: { stdin, stdout: new Sink() } })
    writeFileSync(victim, 'AAAA')
    unlinkSync(path)
    symlinkSync(victim, path)
    stdin.write('evil')
    await handle.start()
    expect(await handle.wait()).toMatchObject({ exitCode: 4 })
    expect(readFileSync(victim, 'utf8')).toBe('AAAA')
    await handle.deleteTask()
    await handle.delete()
    expect(daemon.bundles()).toEqual([])
  })

  test('a link in place of the directory is not followed, and removed', async (daemon) => {
    const client = await daemon.client()
    const [elsewhere, bundle] = [daemon.lab.path('elsewhere'), join(daemon.stateDir, 'a')]
    mkdirSync(elsewhere)
    const handle = await client.create('a', daemon.spec(['/bin/sleep', '1000']))
    await handle.start()
    mkdirSync(daemon.stateDir, { recursive: true })
    symlinkSync(elsewhere, bundle)
    const stdio = { stdout: new Sink() }
    await expect(handle.exec('e1', daemon.process('/bin/true'), { stdio })).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM', path: bundle })
    expect(readdirSync(elsewhere)).toEqual([])
    await handle.deleteTask({ force: true })
    await handle.delete()
    expect(daemon.bundles()).toEqual([])
  })

  test('files and loggers in place of FIFOs', async (daemon) => {
    const client = await daemon.client()
    const file = daemon.lab.path('logs/a b.log')
    // The shim of 1.6 closes the file with the first of the two streams, so that what comes at the very end may be lost.
    const handle = await client.create('a', daemon.script('echo out; echo err >&2; sleep 0.2'))
    await handle.start({ stdio: { file } })
    await handle.wait()
    await handle.deleteTask()
    expect(readFileSync(file, 'utf8').split('\n').sort()).toEqual(['', 'err', 'out'])
    expect(fifosBelow(daemon.stateDir)).toEqual([])
    const logger = daemon.lab.path('logger')
    // The shim ends its logger with SIGTERM when the task is deleted.
    const script = '#!/bin/sh\ntrap "" TERM\nexec 5>&-\n{ echo "$CONTAINER_ID $CONTAINER_NAMESPACE $*"; cat <&3; echo over; } > "$2"\n'
    writeFileSync(logger, script)
    chmodSync(logger, 0o755)
    mkdirSync(daemon.lab.path('logged'))
    const logged = daemon.lab.path('logged/one')
    await handle.start({ stdio: { logger, args: { to: logged } } })
    await handle.wait()
    await handle.deleteTask()
    const text = await eventually('the logger', () => {
      const content = existsSync(logged) ? readFileSync(logged, 'utf8') : ''
      return content.endsWith('over\n') ? content : undefined
    })
    expect(text).toBe(`a ${daemon.namespace} to ${logged}\nout\nover\n`)
    await handle.delete()
  })

  test('an abort leaves nothing, whenever it comes', async (daemon) => {
    const client = await daemon.client()
    const handle = await client.create('a', daemon.spec(['/bin/sleep', '1000']))
    for (const delayMs of [0, 1, 5, 20, 60, 100, 140]) {
      const abort = new AbortController()
      const reason = new Error('enough')
      const timer = setTimeout(() => abort.abort(reason), delayMs)
      const answer = await handle.start({ signal: abort.signal, stdio: { stdout: new Sink() } }).catch((error: unknown) => error)
      clearTimeout(timer)
      if (typeof answer === 'number') await handle.deleteTask({ force: true })
      else expect(answer).toBe(reason)
      expect(await handle.task()).toBeUndefined()
      expect(fifosBelow(daemon.stateDir)).toEqual([])
    }
    await handle.delete()
  })
})
