import { readlinkSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { cgroupLayout } from '../harness/cgroups.ts'
import { patience } from '../harness/wait.ts'
import { group } from './conforms.ts'

const facts = (output: string): unknown[] =>
  output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

group('exec', (conforms) => {
  conforms('passes output, stdin and exit status through', async (lab) => {
    const box = await lab.start()
    const result = await lab.runtime(['exec', box.id, '/bin/sh', '-c', 'cat; echo err >&2; exit 5'], { input: 'hello\n' })
    expect(result).toEqual({ status: 5, stdout: 'hello\n', stderr: 'err\n' })
  })

  conforms('exits with 128 + n when signal n killed the program', async (lab) => {
    const box = await lab.start()
    expect((await lab.runtime(['exec', box.id, '/probe', 'raise', '9'])).status).toBe(137)
    expect((await lab.runtime(['exec', box.id, '/probe', 'raise', '15'])).status).toBe(143)
  })

  conforms('leaves everything after the name of the program to the program', async (lab) => {
    const box = await lab.start()
    const result = await lab.runtime(['exec', box.id, '/probe', 'args', '--cwd', '-t', '--detach', '--', 'args', '-u'])
    expect(facts(result.stdout)).toEqual([['--cwd', '-t', '--detach'], ['-u']])
  })

  conforms('joins all namespaces and the cgroup of the container', async (lab) => {
    const box = await lab.start(['/bin/sh', '-c', '/probe namespaces -- read /proc/self/cgroup; exec sleep 1000'])
    const [own, cgroup] = facts(await lab.output(box, 2))
    const [joined, itsCgroup] = facts(
      (await lab.runtime(['exec', box.id, '/probe', 'namespaces', '--', 'read', '/proc/self/cgroup'])).stdout,
    )
    expect(joined).toEqual(own)
    expect(itsCgroup).toEqual(cgroup)
  })

  conforms('joins the cgroup, and the cgroup namespace, of a container that has one', async (lab) => {
    const box = await lab.start(undefined, (config) => void config.linux.namespaces?.push({ type: 'cgroup' }))
    const { pid } = await lab.state(box.id)
    const result = await lab.runtime(['exec', box.id, '/bin/sh', '-c', '/probe namespaces -- read /proc/self/cgroup'])
    expect(result).toMatchObject({ status: 0, stderr: '' })
    const [seen, read] = facts(result.stdout) as [Record<string, string>, [{ content: string }]]
    expect(seen['cgroup']).toBe(readlinkSync(`/proc/${pid}/ns/cgroup`))
    const outside = read[0].content.trimEnd().split('\n')
    if (cgroupLayout === 'v2') expect(outside).toEqual(['0::/'])
    else expect(outside.filter((line) => line.endsWith(':/')).length).toBeGreaterThan(1)
  })

  conforms('has the environment, directory, limits and capabilities of the config', async (lab) => {
    const box = await lab.start(undefined, (config) => {
      config.process.env = ['PATH=/bin', 'ONE=1']
      config.process.cwd = '/tmp'
    })
    const line = ['exec', box.id, '/probe', 'env', '--', 'self', '--', 'caps', '--', 'rlimits', '--', 'seccomp']
    const [env, self, caps, rlimits, seccomp] = facts((await lab.runtime(line)).stdout)
    expect(env).toEqual(expect.arrayContaining(['PATH=/bin', 'ONE=1']))
    expect(self).toMatchObject({ cwd: '/tmp' })
    expect(caps).toMatchObject({ effective: '20000420', permitted: '20000420', bounding: '20000420' })
    expect(rlimits).toMatchObject({ RLIMIT_NOFILE: [1024, 1024] })
    expect(seccomp).toMatchObject({ noNewPrivs: 1 })
  })

  conforms('--env appends, --cwd and --user replace', async (lab) => {
    const box = await lab.start()
    const line = ['exec', '--env', 'A=1', '--env', 'B=two words', '--cwd', '/home/user', '--user', '1000:1001', box.id]
    const result = await lab.runtime([...line, '/probe', 'env', '--', 'self', '--', 'ids'])
    const [env, self, ids] = facts(result.stdout)
    expect(env).toEqual(expect.arrayContaining(['A=1', 'B=two words', 'TERM=xterm']))
    expect(self).toMatchObject({ cwd: '/home/user' })
    expect(ids).toMatchObject({ uid: [1000, 1000, 1000, 1000], gid: [1001, 1001, 1001, 1001] })
  })

  conforms('takes the short and the long form of an option in one command', async (lab) => {
    const box = await lab.start()
    const [env] = facts((await lab.runtime(['exec', '--env', 'A=1', '-e', 'B=2', '-e', 'A=3', box.id, '/probe', 'env'])).stdout)
    expect(env).toEqual(expect.arrayContaining(['A=3', 'B=2']))
  })

  conforms('--additional-gids adds groups, --cap adds capabilities', async (lab) => {
    const box = await lab.start()
    const line = [
      'exec',
      '--additional-gids',
      '20',
      '--additional-gids',
      '30',
      '--cap',
      'CAP_SYS_CHROOT',
      box.id,
      '/probe',
      'ids',
      '--',
      'caps',
    ]
    const [ids, caps] = facts((await lab.runtime(line)).stdout)
    expect((ids as { groups: number[] }).groups).toEqual(expect.arrayContaining([20, 30]))
    expect(caps).toMatchObject({ effective: '20040420', permitted: '20040420', bounding: '20040420' })
  })

  conforms('--process takes the whole process from a file', async (lab) => {
    const box = await lab.start()
    const file = lab.path('process.json')
    const process = { user: { uid: 7, gid: 8 }, args: ['/probe', 'ids', '--', 'env', '--', 'self'], env: ['ONLY=this'], cwd: '/etc' }
    writeFileSync(file, JSON.stringify(process))
    const [ids, env, self] = facts((await lab.runtime(['exec', '--process', file, box.id])).stdout)
    expect(ids).toMatchObject({ uid: [7, 7, 7, 7], gid: [8, 8, 8, 8] })
    expect(env).toEqual(expect.arrayContaining(['ONLY=this']))
    expect(env).not.toEqual(expect.arrayContaining([expect.stringMatching(/^TERM=/)]))
    expect(self).toMatchObject({ cwd: '/etc' })
  })

  conforms('works in a created container', async (lab) => {
    const box = await lab.create()
    expect(await lab.runtime(['exec', box.id, '/bin/echo', 'early'])).toMatchObject({ status: 0, stdout: 'early\n' })
    expect((await lab.state(box.id)).status).toBe('created')
  })

  conforms('--detach returns at once and the program goes on', async (lab) => {
    const box = await lab.start()
    const result = await lab.runtime([
      'exec',
      '--detach',
      box.id,
      '/bin/sh',
      '-c',
      'sleep 0.1; echo later > /dev/shm/later; exec sleep 1000',
    ])
    expect(result).toMatchObject({ status: 0, stdout: '' })
    const deadline = performance.now() + 5_000 * patience
    let read = await lab.runtime(['exec', box.id, '/bin/cat', '/dev/shm/later'])
    while (read.status !== 0 && performance.now() < deadline) read = await lab.runtime(['exec', box.id, '/bin/cat', '/dev/shm/later'])
    expect(read.stdout).toBe('later\n')
  })

  conforms('runs several programs at the same time', async (lab) => {
    const box = await lab.start()
    const results = await Promise.all([1, 2, 3, 4].map((n) => lab.runtime(['exec', box.id, '/bin/sh', '-c', `sleep 0.1; echo ${n}`])))
    expect(results.map((result) => result.stdout)).toEqual(['1\n', '2\n', '3\n', '4\n'])
  })

  conforms('forwards signals to the program', async (lab) => {
    const box = await lab.start()
    const child = lab.spawn(lab.line('exec', box.id, '/probe', 'signals'))
    await child.stdout.waitFor((line) => line === 'ready')
    child.process.kill('SIGTERM')
    expect(await child.ended).toEqual({ code: 55, signal: null })
  })

  conforms('refuses a stopped container', async (lab) => {
    const box = await lab.start(['/bin/true'])
    await lab.until(box.id, 'stopped')
    const result = await lab.runtime(['exec', box.id, '/bin/true'])
    expect(result.status).not.toBe(0)
    expect(result.stdout).toBe('')
  })

  conforms('refuses a paused container', async (lab) => {
    const box = await lab.start()
    await lab.ok('pause', box.id)
    const result = await lab.runtime(['exec', box.id, '/bin/true'])
    expect(result.status).not.toBe(0)
    await lab.ok('resume', box.id)
  })

  conforms('fails with 255 before the program runs', async (lab) => {
    const box = await lab.start()
    expect((await lab.runtime(['exec', box.id, '/no/such/program'])).status).toBe(255)
    expect((await lab.runtime(['exec', lab.id(), '/bin/true'])).status).toBe(255)
  })

  conforms('finds a program by the PATH of the container', async (lab) => {
    const box = await lab.start(undefined, (config) => {
      config.process.env = ['PATH=/nowhere:/bin']
    })
    expect(await lab.runtime(['exec', box.id, 'echo', 'found'])).toMatchObject({ status: 0, stdout: 'found\n' })
  })

  conforms('keeps nothing but 0, 1 and 2 open', async (lab) => {
    const box = await lab.start()
    const [fds] = facts((await lab.runtime(['exec', box.id, '/probe', 'fds'])).stdout)
    expect((fds as { fd: number }[]).map(({ fd }) => fd)).toEqual([0, 1, 2])
  })

  conforms('is a member of the pid namespace with no parent in it', async (lab) => {
    const box = await lab.start()
    const [self] = facts((await lab.runtime(['exec', box.id, '/probe', 'self'])).stdout)
    expect(self).toMatchObject({ ppid: 0 })
    expect((self as { pid: number }).pid).toBeGreaterThan(1)
  })

  conforms('sets HOME from the passwd file of the container', async (lab) => {
    const box = await lab.start()
    const [env] = facts((await lab.runtime(['exec', '--user', '1000:1000', box.id, '/probe', 'env'])).stdout)
    expect(env).toEqual(expect.arrayContaining(['HOME=/home/user']))
  })
})
