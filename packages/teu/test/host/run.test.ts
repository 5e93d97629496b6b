import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { eventually } from '../../../../tests/harness/wait.ts'
import { withEachTeu } from './host-lab.ts'

withEachTeu('teu --host, run and exec', (test) => {
  test('streams and statuses', async (host) => {
    expect(await host.run(host.script('echo out; echo err >&2; exit 3'))).toEqual({ status: 3, stdout: 'out\n', stderr: 'err\n' })
    expect(await host.run(host.script('cat; echo end', '-i'), { input: 'typed\n' })).toEqual({
      status: 0,
      stdout: 'typed\nend\n',
      stderr: '',
    })
    // Without -i there is nothing to read.
    expect(await host.run(host.script('cat; echo end'), { input: 'typed\n' })).toEqual({ status: 0, stdout: 'end\n', stderr: '' })
    const options = ['-e', 'A=1', '-u', 'user', '-w', '/tmp', '--hostname', 'h', '--mount', 'type=tmpfs,dst=/var', '--read-only']
    const script = 'echo $A $(id -u) $(pwd) $(hostname); touch /var/x && touch /x || echo read-only'
    expect((await host.run(host.script(script, ...options))).stdout).toBe('1 1000 /tmp h\nread-only\n')
    await host.expectNothing()
  })

  test('programs that cannot be run', async (host) => {
    const run = (...command: readonly string[]): ReturnType<typeof host.run> => host.run(['run', '--rootfs', host.rootfs, '--', ...command])
    expect(await run('nope')).toMatchObject({
      status: 127,
      stdout: '',
      stderr: expect.stringContaining('"nope": executable file not found'),
    })
    expect(await run('/etc/passwd')).toMatchObject({ status: 126, stderr: expect.stringContaining('permission denied') })
    expect(await host.run(['run', '--rootfs', '/nowhere', '--', 'x'])).toMatchObject({
      status: 125,
      stderr: 'teu: Cannot use the root file system /nowhere: it is not a directory\n',
    })
    expect(await host.run(['run', '--runtime', '/nowhere/runc', '--rootfs', host.rootfs, '--', 'true'])).toMatchObject({ status: 125 })
    expect(await host.run(['run', '-u', 'nobody-here', '--rootfs', host.rootfs, '--', 'true'])).toMatchObject({
      status: 125,
      stderr: expect.stringContaining('Cannot find "nobody-here"'),
    })
    await host.expectNothing()
  })

  test('a terminal: its size, keys as they are, the status of the program', async (host) => {
    const script =
      'stty size; trap "echo interrupted; read x; echo got $x; stty size; exit 7" INT; echo ready; while :; do sleep 0.05; done'
    const child = host.onTerminal(...host.script(script.replace('$x', '\\$x'), '-it'))
    await child.stdout.waitFor((line) => line.includes('33 99'))
    await child.stdout.waitFor((line) => line.includes('ready'))
    const tty = readFileSync(host.lab.path('tty'), 'utf8').trim()
    expect(await host.lab.command(['stty', '-F', tty, 'cols', '120', 'rows', '40'])).toMatchObject({ status: 0 })
    child.write('\u0003')
    await child.stdout.waitFor((line) => line.includes('interrupted'))
    child.write('typed\r')
    await child.stdout.waitFor((line) => line.includes('got typed'))
    await child.stdout.waitFor((line) => line.includes('40 120'))
    expect(await child.ended).toEqual({ code: 7, signal: null })
    await host.expectNothing()
  })

  test('signals for the program, and a time limit', async (host) => {
    const child = host.spawn(...host.script('trap "echo stopped; exit 9" TERM; echo ready; while :; do sleep 0.05; done'))
    await child.stdout.waitFor((line) => line === 'ready')
    child.process.kill('SIGTERM')
    expect(await child.ended).toEqual({ code: 9, signal: null })
    expect(child.stdout.seen).toEqual(['ready', 'stopped'])
    const started = performance.now()
    expect(await host.run(host.script('sleep 100', '--timeout', '300ms'))).toMatchObject({
      status: 137,
      stderr: 'teu: sh: stopped because its time of 300ms was over\n',
    })
    expect(performance.now() - started).toBeLessThan(30_000)
    await host.expectNothing()
  })

  test('a reader who is slow, and one who leaves', async (host) => {
    const lines = 'i=0; while [ $i -lt 15000 ]; do echo line $i of so many; i=$((i+1)); done'
    const count = async (shell: string, args: readonly string[]): Promise<string> => {
      const child = spawn('sh', ['-c', `"$@" | ${shell}`, 'sh', ...host.line(...args)], { stdio: ['ignore', 'pipe', 'inherit'] })
      let text = ''
      child.stdout.on('data', (data: Buffer) => (text += data.toString()))
      await once(child, 'close')
      return text.trim()
    }
    // Longer than the daemon's side waits once the program has ended.
    expect(await count('(sleep 5; wc -l)', host.script(lines))).toBe('15000')
    expect(await count('head -n 1', host.script('while :; do echo y; done'))).toBe('y')
    await host.expectNothing()
  })

  test('exec beside a program that goes on', async (host) => {
    expect(await host.ok(...host.script('sleep 1000', '-d', '--name', 'web', '-e', 'A=1'))).toBe('web\n')
    expect(await host.run(['exec', 'web', 'sh', '-c', 'echo $A; echo err >&2; exit 4'])).toEqual({
      status: 4,
      stdout: '1\n',
      stderr: 'err\n',
    })
    expect(
      await host.run(['exec', '-i', '-u', 'user', '-w', '/tmp', '-e', 'A=2', 'we', 'sh', '-c', 'cat; id -u; pwd; echo $A'], {
        input: 'in\n',
      }),
    ).toEqual({
      status: 0,
      stdout: 'in\n1000\n/tmp\n2\n',
      stderr: '',
    })
    expect(await host.run(['exec', 'web', 'nope'])).toMatchObject({ status: 127 })
    expect(await host.run(['exec', 'web', '/etc/passwd'])).toMatchObject({ status: 126 })
    expect(await host.run(['exec', 'nope', 'true'])).toMatchObject({
      status: 125,
      stderr: expect.stringContaining('there is no such container'),
    })
    // What stays behind does not keep the command.
    expect(await host.run(['exec', 'web', 'sh', '-c', 'sleep 1000 & echo done'])).toMatchObject({ status: 0, stdout: 'done\n' })
    expect(await host.run(['exec', '-d', 'web', 'touch', '/tmp/detached'])).toEqual({ status: 0, stdout: '', stderr: '' })
    await eventually(
      'the file of a detached program',
      async () => ((await host.run(['exec', 'web', 'test', '-e', '/tmp/detached'])).status === 0 ? true : undefined),
      20_000,
    )
    await host.ok('rm', '--force', 'web')
    await host.expectNothing()
  })

  test('exec on a terminal, and signals for it', async (host) => {
    await host.ok(...host.script('sleep 1000', '-d', '--name', 'web'))
    const child = host.onTerminal('exec', '-it', 'web', 'sh', '-c', 'stty size; read x; echo got $x; exit 6')
    await child.stdout.waitFor((line) => line.includes('33 99'))
    child.write('typed\r')
    await child.stdout.waitFor((line) => line.includes('got typed'))
    expect(await child.ended).toEqual({ code: 6, signal: null })
    const signalled = host.spawn('exec', 'web', 'sh', '-c', 'trap "exit 8" USR1; echo ready; while :; do sleep 0.05; done')
    await signalled.stdout.waitFor((line) => line === 'ready')
    signalled.process.kill('SIGUSR1')
    expect(await signalled.ended).toEqual({ code: 8, signal: null })
    await host.ok('rm', '--force', 'web')
    await host.expectNothing()
  })
})
