import { readlinkSync } from 'node:fs'
import { expect } from 'vitest'
import { engineTests } from '../harness/engine-tests.ts'
import { runtimePath } from '../harness/runtime.ts'
import { eventually } from '../harness/wait.ts'
import { withPodman } from './podman.ts'

engineTests('podman', ['podman', 'conmon', 'script'], (test) => {
  const podman = withPodman(test)

  podman('run --rm passes output, stdin and exit status through', async (engine, lab) => {
    expect(await engine.run(['--rm'], '/bin/sh', '-c', 'echo out; echo err >&2; exit 5')).toEqual({
      status: 5,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    const piped = await lab.command(engine.runLine(['--rm', '-i'], '/bin/wc', '-c'), { input: 'x'.repeat(10_000) })
    expect(piped).toMatchObject({ status: 0, stdout: '10000\n' })
    expect((await engine.do('ps', '--all', '--quiet')).stdout).toBe('')
  })

  podman('run exits with 127 when the program does not exist', async (engine) => {
    for (const program of ['/no/such/program', 'no-such-program']) {
      const result = await engine.run(['--rm'], program)
      expect(result.status, program).toBe(127)
      expect(result.stderr, program).toContain('OCI runtime attempted to invoke a command that was not found')
    }
  })

  podman('run exits with 126 when the program cannot be executed', async (engine) => {
    for (const program of ['/etc', '/etc/passwd']) {
      const result = await engine.run(['--rm'], program)
      expect(result.status, program).toBe(126)
    }
  })

  podman('run -t gives a terminal', async (engine) => {
    const child = engine.terminal(...engine.runLine(['--rm', '-t'], '/probe', 'tty'))
    const line = await child.stdout.waitFor((text) => text.startsWith('{"isatty"'))
    expect(JSON.parse(line)).toMatchObject({ isatty: [true, true, true], controlling: true })
    expect((await child.ended).code).toBe(0)
  })

  podman('run -it answers what is typed', async (engine) => {
    const child = engine.terminal(...engine.runLine(['--rm', '-it'], '/bin/sh', '-c', 'echo ready; read word; echo got $word; exit 9'))
    await child.stdout.waitFor((text) => text.includes('ready'))
    child.write('typed\n')
    await child.stdout.waitFor((text) => text.includes('got typed'))
    expect((await child.ended).code).toBe(9)
  })

  podman('run --network host shares the network of the host', async (engine) => {
    const result = await engine.run(['--rm', '--network', 'host'], '/probe', 'namespaces')
    expect(JSON.parse(result.stdout)).toMatchObject({ net: readlinkSync('/proc/self/ns/net') })
  })

  podman('run has user, directory, environment, capabilities and a seccomp profile', async (engine) => {
    const flags = ['--rm', '--user', '1000:1000', '--workdir', '/home/user', '--env', 'A=b', '--cap-drop', 'ALL', '--read-only']
    const result = await engine.run(flags, '/probe', 'ids', '--', 'self', '--', 'env', '--', 'caps', '--', 'seccomp', '--', 'mkdir', '/new')
    const [ids, self, env, caps, seccomp, made] = result.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(ids).toMatchObject({ uid: [1000, 1000, 1000, 1000] })
    expect(self).toMatchObject({ cwd: '/home/user' })
    expect(env).toEqual(expect.arrayContaining(['A=b']))
    expect(caps).toMatchObject({ effective: '0', bounding: '0' })
    expect(seccomp).toMatchObject({ mode: 2 })
    expect(made).toEqual(['EROFS'])
  })

  podman('run --memory, --pids-limit and --cpus limit', async (engine) => {
    const big = await engine.run(['--rm', '--memory', '32m', '--memory-swap', '32m'], '/probe', 'memory', String(256 * 1024 * 1024))
    expect(big.status).toBe(137)
    const fork = await engine.run(['--rm', '--pids-limit', '8', '--cpus', '0.5'], '/probe', 'fork', '20')
    expect(JSON.parse(fork.stdout)).toMatchObject({ error: 'EAGAIN' })
  })

  podman('a container in the background can be looked at, entered, paused, signalled and removed', async (engine) => {
    const name = await engine.start([], '/bin/sh', '-c', 'echo begun; exec /probe signals')
    expect(await engine.inspect(name, '.State.Status')).toBe('running')
    await eventually('logs', async () => ((await engine.do('logs', name)).stdout.includes('ready') ? true : undefined))

    expect(await engine.do('exec', name, '/bin/sh', '-c', 'echo inside; exit 3')).toMatchObject({ status: 3, stdout: 'inside\n' })
    expect((await engine.do('exec', name, 'no-such-program')).status).toBe(127)
    expect((await engine.do('exec', name, '/etc')).status).toBe(126)

    expect((await engine.do('pause', name)).status).toBe(0)
    expect(await engine.inspect(name, '.State.Status')).toBe('paused')
    expect((await engine.do('unpause', name)).status).toBe(0)
    expect(await engine.inspect(name, '.State.Status')).toBe('running')

    expect((await engine.do('kill', '--signal', 'HUP', name)).status).toBe(0)
    await eventually('the signal', async () => ((await engine.do('logs', name)).stdout.includes('\n1\n') ? true : undefined))

    expect((await engine.do('stop', '--time', '10', name)).status).toBe(0)
    expect(await engine.inspect(name, '.State.ExitCode')).toBe('55')
    expect((await engine.do('rm', name)).status).toBe(0)
  })

  podman('exec -t gives a terminal', async (engine) => {
    const name = await engine.start([], '/bin/sleep', '1000')
    const child = engine.terminal(...engine.line('exec', '-t', name, '/probe', 'tty'))
    expect(JSON.parse(await child.stdout.waitFor((text) => text.startsWith('{"isatty"')))).toMatchObject({ isatty: [true, true, true] })
    expect((await child.ended).code).toBe(0)
  })

  podman('exec -i passes stdin through', async (engine, lab) => {
    const name = await engine.start([], '/bin/sleep', '1000')
    const result = await lab.command(engine.line('exec', '-i', name, '/bin/wc', '-c'), { input: 'x'.repeat(1_000) })
    expect(result).toMatchObject({ status: 0, stdout: '1000\n' })
  })

  podman('kill ends a container with 137, stop kills what ignores the signal', async (engine) => {
    const killed = await engine.start([], '/bin/sleep', '1000')
    expect((await engine.do('kill', killed)).status).toBe(0)
    expect((await engine.do('wait', killed)).stdout.trim()).toBe('137')
    const stubborn = await engine.start([], '/probe', 'ignore')
    expect((await engine.do('stop', '--time', '1', stubborn)).status).toBe(0)
    expect(await engine.inspect(stubborn, '.State.ExitCode')).toBe('137')
  })

  podman('a stopped container starts again', async (engine) => {
    const name = await engine.start([], '/bin/sh', '-c', 'echo round; exec sleep 1000')
    expect((await engine.do('restart', '--time', '0', name)).status).toBe(0)
    await eventually('two rounds', async () => ((await engine.do('logs', name)).stdout === 'round\nround\n' ? true : undefined))
  })

  podman('containers share namespaces with --network and --pid container:', async (engine) => {
    const first = await engine.start([], '/bin/sleep', '1000')
    const theirs = JSON.parse((await engine.do('exec', first, '/probe', 'namespaces')).stdout) as Record<string, string>
    const result = await engine.run(['--rm', '--network', `container:${first}`, '--pid', `container:${first}`], '/probe', 'namespaces')
    expect(JSON.parse(result.stdout)).toMatchObject({ net: theirs['net'], pid: theirs['pid'] })
  })

  podman('update changes a limit', async (engine) => {
    const name = await engine.start(['--memory', '64m'], '/bin/sleep', '1000')
    expect((await engine.do('update', '--memory', '96m', name)).status).toBe(0)
  })

  podman('leaves nothing in the state of the runtime', async (engine, lab) => {
    const name = await engine.start([], '/bin/sleep', '1000')
    const id = await engine.inspect(name, '.Id')
    expect((await lab.command([runtimePath, 'state', id])).status).toBe(0)
    expect((await engine.do('rm', '--force', '--time', '0', name)).status).toBe(0)
    expect((await lab.command([runtimePath, 'state', id])).status).toBe(1)
  })
})
