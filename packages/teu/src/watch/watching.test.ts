import { setTimeout as delay } from 'node:timers/promises'
import { TeuError } from '@teu/spec'
import { containerKey, exponentialBackoff, openEngine, type Usage, watchAll, type WatchAllOptions } from '@teu/watch'
import { describe, expect, it } from 'vitest'
import { ScriptedEngine } from '../../../watch/src/testing/scripted-engine.ts'
import type { Io } from '../cli/io.ts'
import { runTeu } from '../human/main.ts'
import { FakeConsole } from '../testing/fake-console.ts'
import { fakeIo } from '../testing/fake-io.ts'
import { ENTER, LEAVE } from './screen/canvas.ts'
import type { WatchDoor } from './watch-door.ts'

const SHOP = { 'com.docker.compose.project': 'shop' }

/** Pauses take a moment, so that others get their turn. */
class SlowConsole extends FakeConsole {
  override async pause(_ms: number, signal: AbortSignal): Promise<void> {
    await delay(5)
    signal.throwIfAborted()
  }
}

/** One `teu watch` with an engine that only takes notes. */
class Watching {
  readonly console = new SlowConsole()
  readonly engine = new ScriptedEngine()
  readonly asked: WatchAllOptions[] = []
  samplers = 0
  sampleError: Error | undefined
  engines: readonly ScriptedEngine[] = [this.engine]
  #io = fakeIo([])
  #ended: Promise<number> | undefined

  start(args: readonly string[], io: Partial<Io> = {}): this {
    const door: WatchDoor = {
      openEngine,
      types: ['docker.com', 'podman.io', 'containerd.io', 'k8s.io/cri-api'],
      watchAll: (options) => {
        this.asked.push(options)
        return watchAll({ ...options, engines: this.engines, newBackoff: () => exponentialBackoff({ minMs: 1, maxMs: 2 }) })
      },
      sampler: () => {
        this.samplers++
        return {
          sample: async (containers) => {
            if (this.sampleError !== undefined) throw this.sampleError
            const usage: Usage = { cpuPercent: 12.5, memoryBytes: 1024, memoryLimitBytes: undefined, pids: 2, sampledAt: new Date() }
            return new Map(Array.from(containers, (one) => [containerKey(one), usage]))
          },
          [Symbol.dispose]: () => void this.samplers--,
        }
      },
    }
    const none = async (): Promise<never> => Promise.reject(new Error('is not wanted here'))
    this.#io = fakeIo(['watch', ...args], io)
    this.#ended = runTeu(
      this.#io,
      { run: none, explain: none },
      { connector: none, console: async () => this.console, watching: async () => door },
    )
    return this
  }

  get out(): string {
    return this.console.written.stdout
  }

  get err(): string {
    return this.#io.written.err
  }

  /** The screen, from what was sent to the terminal: lines are set as a whole. */
  get screen(): string[] {
    const { rows = 0 } = this.console.currentSize ?? {}
    const lines = Array.from({ length: rows }, () => '')
    const sent = this.out.slice(this.out.lastIndexOf(ENTER))
    // oxlint-disable-next-line no-control-regex
    for (const [, row, text = ''] of sent.matchAll(/\u001b\[(\d+);1H\u001b\[2K((?:(?!\u001b\[\d+;1H).)*)/gs)) {
      // oxlint-disable-next-line no-control-regex
      lines[Number(row) - 1] = text.replaceAll(/\u001b\[[\d;?]*[a-zA-Z]/g, '').trimEnd()
    }
    return lines
  }

  async until(what: string, isTrue: () => boolean): Promise<void> {
    for (const start = performance.now(); !isTrue(); await delay(5)) {
      if (performance.now() - start > 4000) throw new Error(`${what}: ${JSON.stringify(this.out)} ${this.err}`)
    }
  }

  async status(): Promise<number> {
    const status = await (this.#ended as Promise<number>)
    expect(this.console.left).toBe(0)
    expect(this.samplers).toBe(0)
    for (const engine of this.engines) expect(engine.connections).toBe(0)
    return status
  }
}

function onScreen(columns = 80, rows = 24): Watching {
  const watching = new Watching()
  watching.console.terminals = ['stdin', 'stdout']
  watching.console.currentSize = { columns, rows }
  watching.engine.start('web', SHOP)
  watching.engine.start('db', SHOP)
  return watching
}

const TERM = { env: { TERM: 'xterm' } }

describe('teu watch as lines', () => {
  it('tells what is there and what happens, until Ctrl-C', async () => {
    const watching = new Watching()
    watching.engine.start('web', SHOP)
    watching.start([])
    await watching.until('the engine', () => watching.out.includes('watching'))
    watching.engine.start('db')
    watching.engine.die('web', 3)
    await watching.until('the end', () => watching.out.includes('exited') && watching.out.includes('started'))
    watching.console.send('SIGINT')
    expect(await watching.status()).toBe(0)
    const lines = watching.out.split('\n').map((line) => line.replace(/^\S+ /, '').replace(/, since [^,]*/, ''))
    // Between two containers there is no order.
    expect(lines.toSorted()).toEqual([
      '',
      'exited web (project shop, id web, exit code 3, scripted unix:///scripted)',
      'found web (project shop, id web, pid 100, scripted unix:///scripted)',
      'started db (id db, pid 101, scripted unix:///scripted)',
      'watching scripted unix:///scripted',
    ])
    expect(watching.err).toBe('')
  })

  it('as JSON also on a terminal, with what the filter lets through', async () => {
    const watching = onScreen().start(['--format', 'json', '--filter', 'name=d*'], TERM)
    await watching.until('the engine', () => watching.out.includes('synced'))
    watching.console.send('SIGTERM')
    expect(await watching.status()).toBe(143)
    const told = watching.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; container?: { name: string } })
    expect(told.map(({ type, container }) => [type, container?.name])).toEqual([
      ['started', 'db'],
      ['synced', undefined],
    ])
  })

  it.each([
    ['with --plain', ['--plain'], ['stdin', 'stdout'], TERM],
    ['without a terminal to read', [], ['stdout'], TERM],
    ['without a terminal to write', [], ['stdin'], TERM],
    ['on a terminal without abilities', [], ['stdin', 'stdout'], { env: { TERM: 'dumb' } }],
    ['on one that nobody knows', [], ['stdin', 'stdout'], { env: {} }],
  ])('%s', async (_, args, terminals, io) => {
    const watching = onScreen()
    watching.console.terminals = terminals
    watching.start(args, io)
    await watching.until('lines', () => watching.out.includes('watching'))
    watching.console.send('SIGINT')
    expect(await watching.status()).toBe(0)
    expect(watching.out).not.toContain(ENTER)
  })

  it('says that there is no engine, and goes on', async () => {
    const watching = new Watching()
    watching.engines = []
    watching.start([])
    await watching.until('the sentence', () => watching.err !== '')
    expect(watching.err).toBe('teu: no container engine was found; waiting for one\n')
    watching.console.send('SIGHUP')
    expect(await watching.status()).toBe(129)
  })

  it('tells of an engine that comes later', async () => {
    const watching = new Watching()
    watching.engine.down = true
    watching.start([])
    await watching.until('the loss', () => watching.out.includes('lost'))
    watching.engine.start('web')
    watching.engine.down = false
    await watching.until('the engine', () => watching.out.includes('watching'))
    watching.console.send('SIGINT')
    await watching.status()
    expect(watching.out).toMatch(/ lost .*\n.* found web .*\n.* watching .*\n$/)
  })

  it.each([
    ['EPIPE', 0, ''],
    ['ENOSPC', 125, 'teu: '],
  ])('ends when its output fails with %s', async (code, status, err) => {
    const watching = new Watching()
    watching.console.broken = Object.assign(new TeuError('ERR_TEU_SYSTEM', 'write'), { code })
    watching.start([])
    expect(await watching.status()).toBe(status)
    expect(watching.err.slice(0, 5)).toBe(err)
  })

  it.each([
    [['--format', 'xml'], '--format: expected text or json'],
    [['--filter', 'web'], '--filter: expected label=…, name=…, project=… or engine=…, got "web"'],
    [['--engine', 'docker'], '--engine: expected the path of a socket'],
    [['--engine', 'docker:x'], '--engine: expected the path of a socket'],
    [['--engine', 'gopher://x'], '--engine: Cannot use the address "gopher://x"'],
    [['--engine', 'rkt:/x'], '--engine: there is no kind of engine "rkt"\n  There are docker, podman, containerd, cri\n'],
    [
      ['--engine', 'ssh://-oProxyCommand=x'],
      '--engine: Cannot use the address "ssh://-oProxyCommand=x": "-oProxyCommand=x" is no host\n  Addresses are /path, unix:///path, tcp://host:port',
    ],
    [['--engine', 'docker:tcp://h:0'], '--engine: Cannot use the address "tcp://h:0": "0" is no port\n  Addresses are '],
    [
      ['--engine', '/x/odd'],
      '--engine: Cannot watch /x/odd: its name does not tell what listens there\n  Write its kind and a colon before it',
    ],
    [['--interval', '10ms'], '--interval: expected at least 100ms'],
    [['web'], '"watch" takes no arguments'],
  ])('refuses %j', async (args, message) => {
    const watching = new Watching().start(args)
    expect(await watching.status()).toBe(125)
    expect(watching.err).toContain(`teu: ${message}`)
    expect(watching.out).toBe('')
  })

  it('is for this machine, whatever TEU_HOST says', async () => {
    const kinds = ['containerd', 'cri', 'k8s'].flatMap((kind) => ['--engine', `${kind}:/x/${kind}`])
    const watching = new Watching().start(['--engine', 'podman:/x/odd', '--engine', '/run/docker.sock', ...kinds], {
      env: { TEU_HOST: 'containerd:///x' },
    })
    await watching.until('the engine', () => watching.out.includes('watching'))
    watching.console.send('SIGINT')
    expect(await watching.status()).toBe(0)
    const engines = watching.asked[0]?.engines?.map((one) => (typeof one === 'string' ? one : `${one.type} ${one.api}`))
    expect(engines).toEqual([
      'podman.io unix:///x/odd',
      'docker.com unix:///run/docker.sock',
      'containerd.io unix:///x/containerd',
      'k8s.io/cri-api unix:///x/cri',
      'k8s.io/cri-api unix:///x/k8s',
    ])
    const io = fakeIo(['--host', 'containerd:///x', 'watch'])
    const none = async (): Promise<never> => Promise.reject(new Error('is not wanted here'))
    expect(await runTeu(io, { run: none, explain: none }, { connector: none, console: none, watching: none })).toBe(125)
    expect(io.written.err).toContain('watch: cannot be used with --host')
  })
})

describe('teu watch on the whole screen', () => {
  it('shows containers and what they take, and gives the terminal back', async () => {
    const watching = onScreen().start([], TERM)
    await watching.until('the usage', () => watching.screen.some((line) => /web .*running .*12\.5/.test(line)))
    expect(watching.screen[0]).toMatch(/^teu watch {2}2 containers .*cpu 25\.0% {2}mem 2K$/)
    expect(watching.screen[1]).toBe('● scripted 1.0  /scripted  2 containers')
    expect(watching.console.crash()).toBe(LEAVE)
    watching.engine.start('new')
    await watching.until('a new one', () => watching.screen.some((line) => line.startsWith('  new')))
    expect(watching.screen.at(-1)).toMatch(/new started/)
    watching.engine.die('web', 137)
    await watching.until('its end', () => watching.screen.at(-1)?.includes('web exited (137)') === true)
    expect(watching.screen.some((line) => line.startsWith('  web'))).toBe(false)
    watching.console.keyboard.write('q')
    expect(await watching.status()).toBe(0)
    expect(watching.out.startsWith(ENTER)).toBe(true)
    expect(watching.out.endsWith(LEAVE)).toBe(true)
    expect(watching.console.raw).toEqual([true, false])
    expect(watching.console.crash()).toBe('')
    expect(watching.err).toBe('')
  })

  it('obeys keys: filter, open, help, back', async () => {
    const watching = onScreen().start([], TERM)
    const { keyboard } = watching.console
    await watching.until('the list', () => watching.screen.some((line) => line.startsWith('  web')))
    keyboard.write('/w')
    keyboard.write('e')
    await watching.until(
      'the filter',
      () => watching.screen.at(-1)?.startsWith('/we') === true && !watching.screen.join('').includes('  db'),
    )
    expect(watching.screen[0]).toContain('1 of 2 containers')
    keyboard.write('\r\r')
    await watching.until('the page', () => watching.screen[0]?.startsWith('shop/web') === true)
    expect(watching.screen).toContain('memory     1K of no limit')
    watching.engine.die('web', 9)
    await watching.until('the end', () => watching.screen[0]?.endsWith('ended, exit code 9') === true)
    keyboard.write('?')
    await watching.until('help', () => watching.screen[0] === 'Keys of teu watch')
    keyboard.write('\u001b')
    await watching.until('the page again', () => watching.screen[0]?.startsWith('shop/web') === true)
    keyboard.write('\u001b[D')
    await watching.until('the list again', () => watching.screen.join('').includes('No container matches "we"'))
    keyboard.write('\u001b')
    await watching.until('everything', () => watching.screen.some((line) => line.startsWith('  db')))
    keyboard.write('\u0003')
    expect(await watching.status()).toBe(0)
  })

  it('opens what the filter lets through, however fast it is typed', async () => {
    const watching = onScreen().start([], TERM)
    await watching.until('the list', () => watching.screen.some((line) => line.startsWith('  web')))
    watching.console.keyboard.write('/we\r\r')
    await watching.until('the page', () => watching.screen[0]?.startsWith('shop/web') === true)
    watching.console.keyboard.write('q')
    expect(await watching.status()).toBe(0)
  })

  it('one bad container ends nothing: the list, its filter, its page', async () => {
    const watching = onScreen(80, 50)
    const odd = watching.engine.start('odd', { a: 5, b: null, c: { x: 1 }, d: 'e' } as never)
    Object.assign(odd, { name: 7, pid: '\u001b[2J', startedAt: new Date(Number.NaN) })
    watching.engine.start('none', { 'com.docker.compose.project': { a: 1 } } as never)
    watching.start([], TERM)
    const { keyboard } = watching.console
    await watching.until('the list', () => watching.screen.some((line) => line.startsWith('  7')))
    keyboard.write('/7')
    await watching.until('the filter', () => watching.screen.at(-1)?.startsWith('/7') === true)
    keyboard.write('\r\r')
    await watching.until('the page', () => watching.screen[0]?.startsWith('7') === true)
    expect(watching.screen).toContain('  d=e')
    keyboard.write('q')
    expect(await watching.status()).toBe(0)
    expect(watching.err).toBe('')
  })

  it('follows the size of the terminal', async () => {
    const watching = onScreen().start([], TERM)
    await watching.until('the list', () => watching.screen.some((line) => line.startsWith('  web')))
    watching.console.resize({ columns: 20, rows: 5 })
    await watching.until('the small one', () => watching.screen[1]?.startsWith('NAME↑') === true)
    watching.console.resize({ columns: 100, rows: 30 })
    await watching.until('the large one', () => watching.screen[3]?.includes('ENGINE') === true)
    watching.console.send('SIGTERM')
    expect(await watching.status()).toBe(143)
    expect(watching.out.endsWith(LEAVE)).toBe(true)
  })

  it.each([
    ['Ctrl-Z', (console: FakeConsole) => void console.keyboard.write('\u001a')],
    ['SIGTSTP', (console: FakeConsole) => console.send('SIGTSTP')],
  ])('gives the terminal back while it is stopped by %s', async (_, stop) => {
    const watching = onScreen().start([], TERM)
    await watching.until('the list', () => watching.screen.some((line) => line.startsWith('  web')))
    stop(watching.console)
    await watching.until('the stop', () => watching.console.stops === 1 && watching.console.raw.length === 3)
    expect(watching.console.raw).toEqual([true, false, true])
    await watching.until(
      'the list anew',
      () => watching.out.lastIndexOf(ENTER) > watching.out.lastIndexOf(LEAVE) && watching.screen[0] !== '',
    )
    watching.console.send('SIGCONT')
    watching.console.send('SIGINT')
    expect(await watching.status()).toBe(0)
    expect(watching.out.endsWith(LEAVE)).toBe(true)
  })

  it('draws nothing when nothing has changed', async () => {
    const watching = onScreen().start([], TERM)
    // Its bar is still moving before.
    await watching.until('the list', () => watching.screen.some((line) => /web .*█{12}|web .*12\.5/.test(line)))
    await delay(400)
    const { length } = watching.out
    await delay(400)
    // Ages and bars at most, never the whole screen.
    expect(watching.out.length - length).toBeLessThan(600)
    watching.console.keyboard.end()
    expect(await watching.status()).toBe(0)
  })

  it.each([
    ['a failure within', (watching: Watching) => void (watching.sampleError = new Error('no /proc')), 125],
    ['a terminal that has gone', ({ console }: Watching) => void (console.broken = Object.assign(new Error('gone'), { code: 'EIO' })), 0],
  ])('gives the terminal back after %s', async (_, spoil, status) => {
    const watching = onScreen().start([], TERM)
    await watching.until('the list', () => watching.screen.some((line) => line.startsWith('  web')))
    spoil(watching)
    watching.engine.start('another')
    expect(await watching.status()).toBe(status)
    expect(watching.console.raw.at(-1)).toBe(false)
    if (status !== 0) {
      expect(watching.out.endsWith(LEAVE)).toBe(true)
      expect(watching.err).toContain('no /proc')
    }
  })

  it('uses colours unless NO_COLOR is set', async () => {
    for (const [env, coloured] of [
      [{ TERM: 'xterm' }, true],
      [{ TERM: 'xterm', NO_COLOR: '1' }, false],
    ] as const) {
      const watching = onScreen().start([], { env })
      await watching.until('the list', () => watching.screen.some((line) => line.startsWith('  web')))
      watching.console.send('SIGINT')
      await watching.status()
      // oxlint-disable-next-line no-control-regex
      expect(/\u001b\[(?:\d+;)*3\dm/.test(watching.out)).toBe(coloured)
    }
  })
})
