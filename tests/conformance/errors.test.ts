import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Config } from '../harness/base-config.ts'
import type { Bundle } from '../harness/bundle.ts'
import type { Lab, Result } from '../harness/lab.ts'
import { group } from './conforms.ts'

interface LogRecord {
  level: string
  msg: string
  time: string
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** Runs a command that must fail, and resolves with it and the records of its JSON log. */
async function failing(lab: Lab, line: readonly string[]): Promise<{ result: Result; records: LogRecord[]; message: string }> {
  const log = lab.path(`log-${lab.id()}`)
  const result = await lab.runtime(line, { globals: ['--log', log, '--log-format', 'json'] })
  expect(result.status).not.toBe(0)
  const records = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as LogRecord)
  return { result, records, message: records.findLast((record) => record.level === 'error')?.msg ?? '' }
}

/** Makes a bundle and `create`s it, which must fail. */
function failingCreate(lab: Lab, args: readonly string[], change?: (config: Config, bundle: Bundle) => void): ReturnType<typeof failing> {
  const id = lab.id()
  return failing(lab, ['create', '--bundle', lab.bundle(args, change, id).dir, id])
}

group('errors', (conforms) => {
  conforms('are one JSON record of level error with a time, and text on stderr', async (lab) => {
    const { result, records } = await failing(lab, ['state', lab.id()])
    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({ level: 'error', time: expect.stringMatching(RFC3339) })
    expect(result.status).toBe(1)
    expect(result.stderr).toContain(records[0]?.msg)
    expect(result.stdout).toBe('')
  })

  conforms('from inside the container are part of the one record', async (lab) => {
    const { records, result } = await failingCreate(lab, ['/no/such/program'])
    expect(records.filter((record) => record.level === 'error')).toHaveLength(1)
    expect(records).toHaveLength(1)
    expect(result.stderr.trim().split('\n')).toHaveLength(1)
  })

  conforms('are appended to the log', async (lab) => {
    const log = lab.path('log')
    writeFileSync(log, '{"level":"info","msg":"kept","time":"2024-01-02T15:04:05Z"}\n')
    for (const id of ['one', 'two']) await lab.runtime(['state', `${lab.mark}-${id}`], { globals: ['--log', log, '--log-format', 'json'] })
    const lines = readFileSync(log, 'utf8').trim().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toContain('kept')
  })

  conforms('of an unknown container say that it does not exist', async (lab) => {
    for (const command of ['start', 'state', 'kill', 'delete', 'pause', 'resume']) {
      expect((await failing(lab, [command, lab.id()])).message, command).toContain('does not exist')
    }
  })

  conforms('of a used name say so', async (lab) => {
    const box = await lab.create()
    expect((await failing(lab, ['create', '--bundle', box.bundle.dir, box.id])).message).toContain('container with given ID already exists')
  })

  conforms('of an invalid name say so', async (lab) => {
    const bundle = lab.bundle()
    expect((await failing(lab, ['create', '--bundle', bundle.dir, 'a/b'])).message).toContain('invalid container ID format')
  })

  conforms('of start say why', async (lab) => {
    const running = await lab.start()
    expect((await failing(lab, ['start', running.id])).message).toContain('cannot start an already running container')
    const stopped = await lab.start(['/bin/true'])
    await lab.until(stopped.id, 'stopped')
    expect((await failing(lab, ['start', stopped.id])).message).toContain('cannot start a container that has stopped')
  })

  conforms('of kill after death say that it is not running', async (lab) => {
    const stopped = await lab.start(['/bin/true'])
    await lab.until(stopped.id, 'stopped')
    expect((await failing(lab, ['kill', stopped.id, 'TERM'])).message).toContain('container not running')
  })

  conforms('of delete name the status', async (lab) => {
    const running = await lab.start()
    expect((await failing(lab, ['delete', running.id])).message).toContain(
      `cannot delete container ${running.id} that is not stopped: running`,
    )
  })

  conforms('of exec say why', async (lab) => {
    const stopped = await lab.start(['/bin/true'])
    await lab.until(stopped.id, 'stopped')
    expect((await failing(lab, ['exec', stopped.id, '/bin/true'])).message).toContain('cannot exec in a stopped container')
    const paused = await lab.start()
    await lab.ok('pause', paused.id)
    expect((await failing(lab, ['exec', paused.id, '/bin/true'])).message).toContain('cannot exec in a paused container')
    await lab.ok('resume', paused.id)
  })

  conforms('of pause and resume say why', async (lab) => {
    const box = await lab.start()
    expect((await failing(lab, ['resume', box.id])).message).toContain('not paused')
  })

  conforms('of a program that is not in the PATH say so', async (lab) => {
    const create = await failingCreate(lab, ['no-such-program'])
    expect(create.message).toContain('executable file not found in $PATH')
    const box = await lab.start()
    expect((await failing(lab, ['exec', box.id, 'no-such-program'])).message).toContain('executable file not found in $PATH')
  })

  conforms('of a program that does not exist say so', async (lab) => {
    expect((await failingCreate(lab, ['/no/such/program'])).message).toContain('no such file or directory')
    const box = await lab.start()
    expect((await failing(lab, ['exec', box.id, '/no/such/program'])).message).toContain('no such file or directory')
  })

  conforms('of a program that may not be executed say so', async (lab) => {
    const { message } = await failingCreate(lab, ['/bin/secret'], (_config, bundle) => {
      writeFileSync(join(bundle.rootfs, 'bin/secret'), 'text')
      chmodSync(join(bundle.rootfs, 'bin/secret'), 0o644)
    })
    expect(message).toContain('permission denied')
  })

  conforms('of a program that is a directory say so', async (lab) => {
    const { message } = await failingCreate(lab, ['/etc'])
    expect(message).toMatch(/is a directory|permission denied/)
  })

  conforms('of a cgroup or mount never say that a file does not exist in the words kept for programs', async (lab) => {
    const { message } = await failingCreate(lab, ['/bin/true'], (config) => {
      config.mounts.push({ destination: '/tmp', type: 'no-such-file-system', source: 'none', options: [] })
    })
    expect(message).not.toContain('no such file or directory')
    expect(message).not.toContain('executable file not found')
  })

  conforms('of an option without its value say that it needs one', async (lab) => {
    const result = await lab.runtime(['create', '--bundle'])
    expect(result.status).toBe(1)
    expect(result.stderr).toContain('flag needs an argument')
  })

  conforms('of the kernel killing init at its start say that the limit may be too low', async (lab) => {
    const { message } = await failingCreate(lab, ['/bin/true'], (config) => {
      config.linux.resources = { ...config.linux.resources, memory: { limit: 4096, swap: 4096 } }
    })
    expect(message).not.toBe('')
  })

  conforms('leave no container behind, at whatever step they happen', async (lab) => {
    const changes: ((config: Config) => void)[] = [
      (config) => {
        config.mounts.push({ destination: '/x', type: 'bind', source: '/no/such', options: ['bind'] })
      },
      (config) => {
        config.process.cwd = '/etc/passwd'
      },
      (config) => {
        config.process.args = ['/no/such/program']
      },
      (config) => {
        config.linux.sysctl = { 'kernel.no_such_key': '1' }
      },
      (config) => {
        config.linux.namespaces = [{ type: 'mount' }, { type: 'network', path: '/etc/passwd' }]
      },
      (config) => {
        config.hooks = { createContainer: [{ path: '/bin/false' }] }
      },
    ]
    for (const change of changes) {
      const id = lab.id()
      const bundle = lab.bundle(['/bin/true'], change, id)
      expect((await lab.runtime(['create', '--bundle', bundle.dir, id])).status, change.toString()).not.toBe(0)
      expect((await lab.runtime(['state', id])).status, change.toString()).not.toBe(0)
    }
  })
})
