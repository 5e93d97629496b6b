import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { nativeBinary } from '../harness/native.ts'
import { eventually } from '../harness/wait.ts'
import { group } from './conforms.ts'

group('run', (conforms) => {
  conforms('passes output and exit status through and removes the container', async (lab) => {
    const id = lab.id()
    const bundle = lab.bundle(['/bin/sh', '-c', 'echo out; echo err >&2; exit 7'], undefined, id)
    const result = await lab.runtime(['run', '--bundle', bundle.dir, id])
    expect(result).toEqual({ status: 7, stdout: 'out\n', stderr: 'err\n' })
    expect((await lab.runtime(['state', id])).status).toBe(1)
  })

  conforms('passes stdin through to its end', async (lab) => {
    const text = 'x'.repeat(200_000)
    expect(await lab.run(['/bin/wc', '-c'], undefined, { input: text })).toMatchObject({ status: 0, stdout: '200000\n' })
  })

  conforms('delivers all output of a fast program', async (lab) => {
    const result = await lab.run(['/bin/sh', '-c', 'i=0; while [ $i -lt 3000 ]; do echo line $i of many; i=$((i+1)); done'])
    expect(result.status).toBe(0)
    expect(result.stdout.split('\n')).toHaveLength(3001)
  })

  conforms('exits with 128 + n when signal n killed the program', async (lab) => {
    const result = await lab.run(['/bin/sh', '-c', '/probe raise 9 & wait $!; exit $?'])
    expect(result.status).toBe(137)
    const own = lab.spawn(lab.line('run', '--bundle', lab.bundle(['/probe', 'signals']).dir, lab.id()))
    await own.stdout.waitFor((line) => line === 'ready')
    const id = (JSON.parse(await lab.ok('list', '--format', 'json')) as { id: string }[])[0]?.id ?? ''
    await lab.ok('kill', id, 'KILL')
    expect(await own.ended).toEqual({ code: 137, signal: null })
  })

  conforms('forwards signals to the program', async (lab) => {
    const child = lab.spawn(lab.line('run', '--bundle', lab.bundle(['/probe', 'signals']).dir, lab.id()))
    await child.stdout.waitFor((line) => line === 'ready')
    child.process.kill('SIGHUP')
    await child.stdout.waitFor((line) => line === '1')
    child.process.kill('SIGUSR1')
    await child.stdout.waitFor((line) => line === '10')
    child.process.kill('SIGTERM')
    expect(await child.ended).toEqual({ code: 55, signal: null })
  })

  conforms('with --detach returns while the program runs, and leaves the container', async (lab) => {
    const id = lab.id()
    const bundle = lab.bundle(['/bin/sleep', '1000'], undefined, id)
    const pidFile = lab.path('pid')
    expect(await lab.runtime(['run', '--detach', '--pid-file', pidFile, '--bundle', bundle.dir, id])).toMatchObject({
      status: 0,
      stdout: '',
    })
    const state = await lab.state(id)
    expect(state.status).toBe('running')
    expect(readFileSync(pidFile, 'utf8')).toBe(String(state.pid))
  })

  conforms('with --keep leaves a stopped container', async (lab) => {
    const id = lab.id()
    const bundle = lab.bundle(['/bin/false'], undefined, id)
    expect((await lab.runtime(['run', '--keep', '--bundle', bundle.dir, id])).status).toBe(1)
    expect((await lab.state(id)).status).toBe('stopped')
    await lab.ok('delete', id)
  })

  conforms('with --keep still cleans up when the start failed', async (lab) => {
    const id = lab.id()
    const bundle = lab.bundle(['/no/such/program'], undefined, id)
    expect((await lab.runtime(['run', '--keep', '--bundle', bundle.dir, id])).status).toBe(1)
    expect((await lab.runtime(['state', id])).status).toBe(1)
  })

  conforms('ends when the program ends although a background process holds no stream', async (lab) => {
    const result = await lab.run(['/bin/sh', '-c', 'sleep 1000 </dev/null >/dev/null 2>&1 & echo done'])
    expect(result).toMatchObject({ status: 0, stdout: 'done\n' })
  })

  conforms('reaps orphans of the container: only the program decides the status', async (lab) => {
    const result = await lab.run(['/bin/sh', '-c', '(sh -c "exit 9" &) ; sleep 0.05; exit 3'])
    expect(result.status).toBe(3)
  })
})

group('pid file', (conforms) => {
  conforms('holds the pid of init without a newline after create', async (lab) => {
    const pidFile = lab.path('pid')
    const box = await lab.create(undefined, undefined, { flags: ['--pid-file', pidFile] })
    expect(readFileSync(pidFile, 'utf8')).toBe(String((await lab.state(box.id)).pid))
  })

  conforms('is resolved against the directory of the caller', async (lab) => {
    const box = await lab.create(undefined, undefined, { flags: ['--pid-file', 'relative.pid'], cwd: lab.dir })
    expect(box.bundle.dir).not.toBe(lab.dir)
    expect(readFileSync(lab.path('relative.pid'), 'utf8')).toBe(String((await lab.state(box.id)).pid))
  })

  conforms('that cannot be written makes create fail and leaves nothing', async (lab) => {
    const id = lab.id()
    const result = await lab.runtime([
      'create',
      '--pid-file',
      lab.path('missing/pid'),
      '--bundle',
      lab.bundle(undefined, undefined, id).dir,
      id,
    ])
    expect(result.status).toBe(1)
    expect((await lab.runtime(['state', id])).status).toBe(1)
  })

  conforms('of exec holds the pid of the new process', async (lab) => {
    const box = await lab.start()
    const pidFile = lab.path('exec.pid')
    const result = await lab.runtime(['exec', '--detach', '--pid-file', pidFile, box.id, '/bin/sleep', '1000'])
    expect(result.status).toBe(0)
    const pid = readFileSync(pidFile, 'utf8')
    expect(pid).toMatch(/^\d+$/)
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('sleep\u00001000')
    expect(Number(pid)).not.toBe((await lab.state(box.id)).pid)
  })
})

group('parents', (conforms) => {
  conforms('init of a detached container is inherited by the subreaper, which sees its exit status', async (lab) => {
    const id = lab.id()
    const bundle = lab.bundle(['/bin/sh', '-c', 'exit 23'], undefined, id)
    const line = lab.line('create', '--bundle', bundle.dir, id)
    const reaper = lab.spawn([nativeBinary('subreaper'), ...line], { stdio: ['ignore', 'pipe', 'pipe', lab.logFd('reaper')] })
    const { pid } = await eventually('created', async () => {
      const result = await lab.runtime(['state', id])
      const state = result.status === 0 ? (JSON.parse(result.stdout) as { status: string; pid: number }) : undefined
      return state?.status === 'created' ? state : undefined
    })
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]).toBe(String(reaper.pid))
    await lab.ok('start', id)
    const seen = await eventually('exit status', () =>
      readFileSync(lab.path('reaper'), 'utf8')
        .split('\n')
        .find((entry) => entry.includes(`"pid":${pid},`)),
    )
    expect(JSON.parse(seen)).toMatchObject({ command: false, exit: 23 })
  })

  conforms('the process of a detached exec is inherited by the subreaper, which sees its exit status', async (lab) => {
    const box = await lab.start()
    const file = lab.path('exec.pid')
    const line = lab.line('exec', '--detach', '--pid-file', file, box.id, '/bin/sh', '-c', 'exit 24')
    lab.spawn([nativeBinary('subreaper'), ...line], { stdio: ['ignore', 'pipe', 'pipe', lab.logFd('reaper')] })
    const seen = await eventually('exit status', () =>
      readFileSync(lab.path('reaper'), 'utf8')
        .split('\n')
        .find((entry) => entry.includes('"command":false,"exit":24')),
    )
    expect((JSON.parse(seen) as { pid: number }).pid).toBe(Number(readFileSync(file, 'utf8')))
  })
})
