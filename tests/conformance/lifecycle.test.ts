import { existsSync, readdirSync } from 'node:fs'
import { expect } from 'vitest'
import type { Config } from '../harness/base-config.ts'
import { cgroupsOf } from '../harness/leaks.ts'
import { group } from './conforms.ts'

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/** Both forms that engines know of "there is no such container". */
const UNKNOWN = /does not exist|No such file or directory/

group('lifecycle', (conforms) => {
  conforms('goes from created through running and stopped to gone', async (lab) => {
    const box = await lab.create(['/bin/sh', '-c', 'echo begun; exec sleep 1000'])
    const created = await lab.state(box.id)
    expect(created).toMatchObject({ id: box.id, status: 'created', bundle: box.bundle.dir })
    expect(created.pid).toBeGreaterThan(1)
    expect(box.output().stdout).toBe('')

    expect(await lab.ok('start', box.id)).toBe('')
    const running = await lab.until(box.id, 'running')
    expect(running.pid).toBe(created.pid)

    await lab.ok('kill', box.id, 'KILL')
    const stopped = await lab.until(box.id, 'stopped')
    expect(stopped.pid ?? 0).toBe(0)
    expect(box.output().stdout).toBe('begun\n')

    expect(await lab.ok('delete', box.id)).toBe('')
    const gone = await lab.runtime(['state', box.id])
    expect(gone.status).toBe(1)
    expect(gone.stdout).toBe('')
    expect(gone.stderr).toMatch(UNKNOWN)
  })

  conforms('leaves no cgroup and no state directory after delete', async (lab) => {
    const box = await lab.start()
    expect(cgroupsOf(box.id).length).toBeGreaterThan(0)
    await lab.ok('delete', '--force', box.id)
    expect(cgroupsOf(box.id)).toEqual([])
    expect(readdirSync(lab.root)).not.toContain(box.id)
  })

  conforms('prints a state document with the keys of the specification', async (lab) => {
    const { id } = await lab.create(undefined, (config) => {
      config.annotations = { 'org.example.key': 'value' }
    })
    const state = JSON.parse(await lab.ok('state', id)) as Record<string, unknown>
    expect(state).toMatchObject({ ociVersion: expect.stringMatching(/^1\.\d+\.\d+/), annotations: { 'org.example.key': 'value' } })
    expect(state['created']).toMatch(RFC3339)
    expect(Math.abs(Date.now() - Date.parse(state['created'] as string))).toBeLessThan(60_000)
  })

  conforms('gives the absolute path of the root file system in the state document', async (lab) => {
    const box = await lab.create()
    const state = JSON.parse(await lab.ok('state', box.id)) as Record<string, unknown>
    expect(state['rootfs']).toBe(box.bundle.rootfs)
  })

  conforms('takes the current directory as the bundle', async (lab) => {
    const id = lab.id()
    const bundle = lab.bundle(undefined, undefined, id)
    const created = await lab.runtime(['create', id], { cwd: bundle.dir })
    expect(created).toMatchObject({ status: 0, stdout: '', stderr: '' })
    expect((await lab.state(id)).bundle).toBe(bundle.dir)
  })

  conforms('refuses a second container of the same name', async (lab) => {
    const box = await lab.create()
    const again = await lab.runtime(['create', '--bundle', box.bundle.dir, box.id])
    expect(again.status).toBe(1)
    expect(again.stderr).toContain('exist')
    expect((await lab.state(box.id)).status).toBe('created')
  })

  conforms('refuses to start a container twice', async (lab) => {
    const box = await lab.start()
    const again = await lab.runtime(['start', box.id])
    expect(again.status).toBe(1)
    expect(again.stderr).not.toBe('')
  })

  conforms('refuses to start a container that has stopped', async (lab) => {
    const box = await lab.start(['/bin/true'])
    await lab.until(box.id, 'stopped')
    const again = await lab.runtime(['start', box.id])
    expect(again.status).toBe(1)
    expect(again.stderr).not.toBe('')
  })

  conforms('refuses to delete a running container without force', async (lab) => {
    const box = await lab.start()
    const refused = await lab.runtime(['delete', box.id])
    expect(refused.status).toBe(1)
    expect(refused.stderr).not.toBe('')
    expect((await lab.state(box.id)).status).toBe('running')
  })

  conforms('deletes a created container without force', async (lab) => {
    const box = await lab.create()
    await lab.ok('delete', box.id)
    expect(existsSync(`${lab.root}/${box.id}`)).toBe(false)
  })

  conforms('deletes with force a container that ignores signals', async (lab) => {
    const box = await lab.start(['/probe', 'ignore'])
    await lab.ok('delete', '--force', box.id)
    expect((await lab.runtime(['state', box.id])).status).toBe(1)
  })

  conforms('deletes with force what does not exist', async (lab) => {
    expect((await lab.runtime(['delete', '--force', lab.id()])).status).toBe(0)
  })

  conforms('says that an unknown container does not exist, whatever is asked', async (lab) => {
    const id = lab.id()
    for (const line of [
      ['start', id],
      ['state', id],
      ['kill', id, 'TERM'],
      ['delete', id],
      ['pause', id],
      ['resume', id],
      ['ps', id],
      ['update', '--memory', '64M', id],
    ]) {
      const result = await lab.runtime(line)
      expect(result.status, line.join(' ')).toBe(1)
      expect(result.stderr, line.join(' ')).toMatch(UNKNOWN)
      expect(result.stdout, line.join(' ')).toBe('')
    }
  })

  conforms('refuses names that are no file name', async (lab) => {
    const bundle = lab.bundle()
    for (const id of ['..', 'a/b', '', '../escape', '.hidden/..']) {
      const result = await lab.runtime(['create', '--bundle', bundle.dir, id])
      expect(result.status, JSON.stringify(id)).toBe(1)
      expect(result.stderr, JSON.stringify(id)).not.toBe('')
    }
    expect(readdirSync(lab.root)).toEqual([])
  })

  conforms('refuses names with other characters than the specified ones', async (lab) => {
    const bundle = lab.bundle()
    for (const id of ['with space', 'x\u00e4', 'semi;colon', 'new\nline']) {
      expect((await lab.runtime(['create', '--bundle', bundle.dir, id])).status, JSON.stringify(id)).toBe(1)
    }
    expect(readdirSync(lab.root)).toEqual([])
  })

  conforms('works on a copy of the config: changing the bundle after create has no effect', async (lab) => {
    const box = await lab.create(['/bin/echo', 'first'])
    const { writeFileSync } = await import('node:fs')
    writeFileSync(`${box.bundle.dir}/config.json`, '{}')
    await lab.ok('start', box.id)
    await lab.until(box.id, 'stopped')
    expect(box.output().stdout).toBe('first\n')
  })
})

group('kill', (conforms) => {
  conforms('sends SIGTERM when no signal is named', async (lab) => {
    const box = await lab.start(['/probe', 'signals'])
    await lab.ok('kill', box.id)
    await lab.until(box.id, 'stopped')
    expect(box.output().stdout.trim().split('\n').at(-1)).toBe('15')
  })

  conforms('takes a number, and a name with and without SIG', async (lab) => {
    const box = await lab.start(['/probe', 'signals'])
    for (const name of ['10', 'SIGHUP', 'CONT', 'TERM']) await lab.ok('kill', box.id, name)
    await lab.until(box.id, 'stopped')
    const seen = box.output().stdout.trim().split('\n')
    for (const number of ['10', '1', '18', '15']) expect(seen).toContain(number)
  })

  conforms('takes a name in lower case', async (lab) => {
    const box = await lab.start(['/probe', 'signals'])
    for (const name of ['usr1', 'sigterm']) await lab.ok('kill', box.id, name)
    await lab.until(box.id, 'stopped')
    expect(box.output().stdout).toContain('10\n')
  })

  conforms('refuses a signal that does not exist', async (lab) => {
    const box = await lab.start()
    const result = await lab.runtime(['kill', box.id, 'SIGNOPE'])
    expect(result.status).toBe(1)
    expect((await lab.state(box.id)).status).toBe('running')
  })

  conforms('says that a stopped container is not running', async (lab) => {
    const box = await lab.start(['/bin/true'])
    await lab.until(box.id, 'stopped')
    const result = await lab.runtime(['kill', box.id, 'TERM'])
    expect(result.status).toBe(1)
    expect(result.stderr).toMatch(/container not running|No such process/)
  })

  conforms('kills a created container', async (lab) => {
    const box = await lab.create()
    await lab.ok('kill', box.id, 'KILL')
    await lab.until(box.id, 'stopped')
    await lab.ok('delete', box.id)
  })

  conforms('with --all reaches every process, and also succeeds when all have ended', async (lab) => {
    const box = await lab.start(['/bin/sh', '-c', 'sleep 1000 & sleep 1001 & exec sleep 1002'], (config) => {
      config.linux.namespaces = (config.linux.namespaces ?? []).filter((namespace) => namespace.type !== 'pid')
    })
    await lab.ok('kill', '--all', box.id, '9')
    await lab.until(box.id, 'stopped')
    await lab.ok('kill', '--all', box.id, '9')
  })

  conforms('leaves a container alone that was given the cgroup of a stopped one', async (lab) => {
    const cgroupsPath = lab.cgroupsPath('shared')
    const share = (config: Config): void => void (config.linux.cgroupsPath = cgroupsPath)
    const first = await lab.start(['/bin/true'], share)
    await lab.until(first.id, 'stopped')
    const second = await lab.start(['/bin/sleep', '1000'], share)
    await lab.ok('delete', first.id)
    expect((await lab.state(second.id)).status).toBe('running')
    await lab.ok('delete', '--force', second.id)
  })
})
