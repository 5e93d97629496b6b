import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { expect } from 'vitest'
import { Layout } from '../../../containerd/src/testing/image-files.ts'
import { baseLayer, topLayer } from '../../../containerd/test/image/busybox-image.ts'
import { eventually } from '../../../../tests/harness/wait.ts'
import { type HostLab, withEachTeu } from './host-lab.ts'

const NAME = 'example.org/box:1'

async function writeImage(host: HostLab): Promise<string> {
  const layout = new Layout()
  const run = {
    Entrypoint: ['/bin/sh', '-c'],
    Cmd: ['echo $FROM as $(id -u) in $(pwd)'],
    Env: ['FROM=image'],
    User: 'app',
    WorkingDir: '/data',
  }
  layout.tag(layout.image({ layers: [await baseLayer(), await topLayer()], run }), NAME)
  writeFileSync(host.lab.path('box.tar'), await layout.archive())
  return layout.write(host.lab.path('layout'))
}

const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

withEachTeu('teu --host', (test) => {
  test('a container from run to rm', async (host) => {
    await host.ok(...host.script('sleep 1000', '-d', '--name', 'web', '--memory', '64m', '--pids', '50', '--label', 'a=b'))
    expect(await host.ok('ps')).toMatch(/^CONTAINER ID .*NAMES\nweb +"sh -c sleep 1000" +(just now|\d+ seconds? ago) +Up +\n$/)
    expect(jsonLines(await host.ok('ps', '--format', 'json'))).toMatchObject([{ id: 'web', status: 'running', labels: { a: 'b' } }])
    const [document] = JSON.parse(await host.ok('inspect', 'we')) as [Record<string, unknown>]
    expect(document).toMatchObject({
      id: 'web',
      task: { status: 'running' },
      spec: { process: { args: ['sh', '-c', 'sleep 1000'] }, linux: { resources: { memory: { limit: 67108864 }, pids: { limit: 50 } } } },
    })
    expect(await host.run([...host.script('true', '--name', 'web')])).toMatchObject({
      status: 125,
      stderr: expect.stringMatching(/web.*exists/),
    })
    const stats = jsonLines(await host.ok('stats', '--no-stream', '--format', 'json'))
    expect(stats).toMatchObject([{ id: 'web', cpuPercent: expect.any(Number), memoryLimitBytes: 67108864 }])
    expect(stats[0]?.['pids']).toBeGreaterThan(0)
    expect(await host.ok('stats', '--no-stream', 'web')).toMatch(/\nweb .* \/ 64 MiB/)
    expect(await host.run(['rm', 'web'])).toMatchObject({ status: 125, stderr: expect.stringContaining('it is running') })
    expect(await host.ok('kill', '--signal', 'KILL', 'web')).toBe('web\n')
    await eventually('the end', async () => ((await host.ok('ps', '-q')) === '' ? true : undefined), 20_000)
    expect(await host.ok('ps', '-a')).toMatch(/ Exited \(137\) (just now|\d+ seconds? ago)/)
    expect(await host.run(['kill', 'web'])).toMatchObject({ status: 125 })
    expect(await host.run(['exec', 'web', 'true'])).toMatchObject({ status: 125, stderr: expect.stringContaining('not running') })
    expect(await host.run(['stats', '--no-stream', 'nope'])).toMatchObject({
      status: 125,
      stderr: expect.stringContaining('no such container'),
    })
    expect(await host.ok('rm', 'web')).toBe('web\n')
    expect((await host.run([...host.script('exit 5', '--rm=false', '--name', 'kept')])).status).toBe(5)
    expect(jsonLines(await host.ok('ps', '-a', '--format', 'json'))).toMatchObject([{ id: 'kept', status: 'stopped', exitCode: 5 }])
    await host.ok('rm', 'kept')
    await host.expectNothing()
  })

  test('stop ends a program, by force when it does not listen, and start runs it again', async (host) => {
    const script = (trap: string, mark: string): string => `trap ${trap} TERM; : > /tmp/${mark}; while :; do sleep 0.05; done`
    await host.ok(...host.script(script('"exit 7"', 'listens'), '-d', '--name', 'listens'))
    await host.ok(...host.script(script('""', 'deaf'), '-d', '--name', 'deaf'))
    await eventually('traps', () => ['listens', 'deaf'].every((name) => existsSync(join(host.rootfs, 'tmp', name))) || undefined, 20_000)
    expect(await host.ok('stop', '-t', '2s', 'deaf', 'listens')).toBe('deaf\nlistens\n')
    expect(jsonLines(await host.ok('ps', '-a', '--format', 'json'))).toMatchObject([
      { id: 'deaf', status: 'stopped', exitCode: 137 },
      { id: 'listens', status: 'stopped', exitCode: 7 },
    ])
    expect(await host.ok('start', 'deaf', 'listens')).toBe('deaf\nlistens\n')
    expect(await host.run(['start', 'deaf'])).toMatchObject({ status: 125, stderr: expect.stringContaining('it is running') })
    expect(await host.ok('rm', '-f', 'deaf', 'listens')).toBe('deaf\nlistens\n')
    await host.expectNothing()
  })

  test('events as they come, until Ctrl-C', async (host) => {
    const all = host.spawn('events', '--format', 'json')
    const ends = host.spawn('events', '--filter', 'type=exit', '--filter', 'container=one')
    // The daemon tells nobody what was before.
    await eventually(
      'an event',
      async () => {
        await host.ok(...host.script('true', '--name', 'one'))
        return all.stdout.seen.length > 0 && ends.stdout.seen.length > 0 ? true : undefined
      },
      40_000,
    )
    await all.stdout.waitFor((line) => line.includes('"delete"'))
    for (const child of [all, ends]) {
      child.process.kill('SIGINT')
      expect(await child.ended).toEqual({ code: 0, signal: null })
    }
    expect(new Set(jsonLines(all.stdout.seen.join('\n')).map(({ type }) => type))).toEqual(new Set(['create', 'start', 'exit', 'delete']))
    expect(ends.stdout.seen[0]).toMatch(/^\d{4}-.*Z container exit one \(pid=\d+, exitCode=0\)$/)
    await host.expectNothing()
  })

  test('statistics, each second anew', async (host) => {
    await host.ok(...host.script('while :; do sleep 0.1; done', '-d', '--name', 'web'))
    const child = host.spawn('stats', '--format', 'json')
    await eventually('three lines', () => (child.stdout.seen.length >= 3 ? true : undefined), 20_000)
    child.process.kill('SIGINT')
    expect(await child.ended).toEqual({ code: 0, signal: null })
    await host.ok('rm', '-f', 'web')
  })

  test('images from import to rm', async (host) => {
    const layout = await writeImage(host)
    expect(await host.ok('images', 'import', layout)).toBe(`${NAME}\n`)
    expect(await host.run(['images', 'import', '-'])).toMatchObject({ status: 125, stderr: expect.stringContaining('it is empty') })
    expect(await host.ok('images', 'import', '--tag', 'other:2', host.lab.path('box.tar'))).toBe('docker.io/library/other:2\n')
    expect(await host.ok('images')).toMatch(
      /^REPOSITORY .*\ndocker\.io\/library\/other +2 .*\nexample\.org\/box +1 +[0-9a-f]{12} .* linux\/\w+ +1 MiB\n$/,
    )
    expect(jsonLines(await host.ok('images', 'list', '--format', 'json'))).toMatchObject([
      { name: 'docker.io/library/other:2' },
      { name: NAME },
    ])
    expect(await host.ok('run', NAME)).toBe('image as 1234 in /data\n')
    expect(await host.run(['run', '-e', 'FROM=caller', '-u', '0', NAME, 'echo $FROM $(id -u); exit 6'])).toMatchObject({
      status: 6,
      stdout: 'caller 0\n',
    })
    expect(await host.ok('run', '--entrypoint', '/bin/echo', 'other:2', 'a', 'b')).toBe('a b\n')
    await host.ok('run', '-d', '--name', 'web', NAME, 'sleep 1000')
    expect(await host.ok('ps')).toContain(NAME)
    await host.ok('rm', '-f', 'web')
    expect(await host.run(['run', 'nope'])).toEqual({
      status: 125,
      stdout: '',
      stderr:
        `teu: Cannot run image "nope": there is no such image in namespace "${host.daemon.namespace}"\n` +
        '  teu images list shows those that there are, teu images import brings others\n',
    })
    expect(await host.run(['images', 'import', '/nowhere'])).toMatchObject({
      status: 125,
      stderr: expect.stringContaining('Cannot read the image /nowhere'),
    })
    expect(await host.ok('images', 'rm', 'other:2', NAME)).toBe(`other:2\n${NAME}\n`)
    expect(await host.ok('images', '-q')).toBe('')
    const { tasks } = (await host.daemon.client()).services
    expect((await tasks.list({})).tasks).toEqual([])
    await host.expectNothing()
  })

  test('an archive from a pipe, with progress on a terminal', async (host) => {
    await writeImage(host)
    const child = host.lab.spawn(host.line('images', 'import', '-'))
    child.process.stdin?.end(readFileSync(host.lab.path('box.tar')))
    expect(await child.ended).toEqual({ code: 0, signal: null })
    expect(child.stdout.seen).toEqual([NAME])
    await host.ok('images', 'rm', NAME)
    const shown = host.onTerminal('images', 'import', host.lab.path('box.tar'))
    await shown.ended
    expect(shown.stdout.text).toMatch(/sha256:[0-9a-f]{12} {2}1 MiB \/ 1 MiB/)
  })

  test('a daemon that is not there', async (host) => {
    const at = async (path: string): Promise<unknown> => {
      const line = host.line('ps')
      line[line.indexOf('--host') + 1] = `containerd://${path}`
      return host.lab.command(line)
    }
    const missing = host.lab.path('missing.sock')
    expect(await at(missing)).toEqual({
      status: 125,
      stdout: '',
      stderr: `teu: Cannot reach containerd at ${missing}: the socket does not exist\n  Check that containerd runs, and that --host names its socket\n`,
    })
    expect(await at(host.lab.path('config.toml'))).toMatchObject({ status: 125, stderr: expect.stringContaining('it is not a socket') })
    const other = createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.0 400\r\n\r\n'))
    other.listen(host.lab.path('other.sock'))
    await once(other, 'listening')
    expect(await at(host.lab.path('other.sock'))).toMatchObject({ status: 125, stdout: '', stderr: expect.stringMatching(/^teu: Cannot /) })
    other.close()
    await host.daemon.stop('SIGKILL')
    expect(await host.run(['ps'])).toMatchObject({
      status: 125,
      stdout: '',
      stderr: expect.stringContaining('nobody listens on the socket'),
    })
  })
})
