import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { patience } from '../harness/wait.ts'
import { group } from './conforms.ts'

group('list', (conforms) => {
  conforms('shows every container with its status as JSON', async (lab) => {
    const created = await lab.create()
    const running = await lab.start()
    const list = JSON.parse(await lab.ok('list', '--format', 'json')) as Record<string, unknown>[]
    const entry = (id: string): unknown => list.find((one) => one['id'] === id)
    expect(list).toHaveLength(2)
    expect(entry(created.id)).toMatchObject({ status: 'created', bundle: created.bundle.dir, owner: 'root' })
    expect(entry(running.id)).toMatchObject({ status: 'running', pid: (await lab.state(running.id)).pid })
    expect(Date.parse(String(list[0]?.['created']))).toBeGreaterThan(Date.now() - 60_000)
  })

  conforms('prints names only with --quiet', async (lab) => {
    const ids = [(await lab.create()).id, (await lab.create()).id].sort()
    expect((await lab.ok('list', '--quiet')).trim().split('\n').sort()).toEqual(ids)
    expect((await lab.ok('list', '-q')).trim().split('\n').sort()).toEqual(ids)
  })

  conforms('prints a table with a heading', async (lab) => {
    const box = await lab.create()
    const [heading = '', row = ''] = (await lab.ok('list')).split('\n')
    expect(heading.split(/\s+/).slice(1, 3)).toEqual(['PID', 'STATUS'])
    expect(row.split(/\s+/).slice(0, 3)).toEqual([box.id, String((await lab.state(box.id)).pid), 'created'])
  })

  conforms('is empty, and no error, when there is nothing', async (lab) => {
    const json = JSON.parse(await lab.ok('list', '--format', 'json')) as unknown
    expect(json ?? []).toEqual([])
    expect(await lab.ok('list', '--quiet')).toBe('')
  })

  conforms('skips a broken entry with a warning', async (lab) => {
    const box = await lab.create()
    mkdirSync(join(lab.root, 'broken'))
    writeFileSync(join(lab.root, 'broken/state.json'), '{ not json')
    const result = await lab.runtime(['list', '--quiet'])
    rmSync(join(lab.root, 'broken'), { recursive: true })
    expect(result.status).toBe(0)
    expect(result.stdout.trim()).toBe(box.id)
  })

  conforms('refuses an unknown format', async (lab) => {
    await lab.create()
    expect((await lab.runtime(['list', '--format', 'xml'])).status).toBe(1)
  })
})

group('ps', (conforms) => {
  conforms('lists the host pids of all processes as JSON', async (lab) => {
    const box = await lab.start(['/bin/sh', '-c', 'sleep 1000 & echo ready; wait'])
    await lab.until(box.id, 'running')
    const pids = async (): Promise<number[]> => JSON.parse(await lab.ok('ps', '--format', 'json', box.id)) as number[]
    const deadline = performance.now() + 5_000 * patience
    let seen = await pids()
    while (seen.length < 2 && performance.now() < deadline) seen = await pids()
    expect(seen).toHaveLength(2)
    expect(seen).toContain((await lab.state(box.id)).pid)
    for (const pid of seen) expect(existsSync(`/proc/${pid}`)).toBe(true)
  })

  conforms('prints a table with the processes of the container and no others', async (lab) => {
    const box = await lab.start(['/bin/sleep', '98765'])
    const [heading = '', ...rows] = (await lab.ok('ps', box.id)).trimEnd().split('\n')
    expect(heading).toContain('PID')
    expect(rows).toHaveLength(1)
    expect(rows[0]).toContain(String((await lab.state(box.id)).pid))
  })

  conforms('hands further arguments to ps', async (lab) => {
    const box = await lab.start(['/bin/sleep', '98765'])
    const output = await lab.ok('ps', box.id, '-o', 'pid,args')
    expect(output).toContain('sleep 98765')
    expect(output.split('\n')[0]).not.toContain('UID')
  })
})

group('pause and resume', (conforms) => {
  conforms('stop the processes and let them go on', async (lab) => {
    const box = await lab.start(['/bin/sh', '-c', 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done'])
    await lab.ok('pause', box.id)
    expect((await lab.state(box.id)).status).toBe('paused')
    const before = box.output().stdout
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(box.output().stdout).toBe(before)
    await lab.ok('resume', box.id)
    expect((await lab.state(box.id)).status).toBe('running')
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(box.output().stdout.length).toBeGreaterThan(before.length)
  })

  conforms('refuse what is paused already, and what is not paused', async (lab) => {
    const box = await lab.start()
    expect((await lab.runtime(['resume', box.id])).status).toBe(1)
    await lab.ok('pause', box.id)
    expect((await lab.runtime(['pause', box.id])).status).toBe(1)
    expect((await lab.state(box.id)).status).toBe('paused')
  })

  conforms('a paused container can be killed and deleted by force', async (lab) => {
    const box = await lab.start()
    await lab.ok('pause', box.id)
    await lab.ok('delete', '--force', box.id)
    expect((await lab.runtime(['state', box.id])).status).toBe(1)
  })

  conforms('refuse a stopped container', async (lab) => {
    const box = await lab.start(['/bin/true'])
    await lab.until(box.id, 'stopped')
    expect((await lab.runtime(['pause', box.id])).status).toBe(1)
  })

  conforms('a signal sent while paused arrives after resume', async (lab) => {
    const box = await lab.start(['/probe', 'signals'])
    await lab.ok('pause', box.id)
    await lab.ok('kill', box.id, 'TERM')
    expect((await lab.state(box.id)).status).toBe('paused')
    await lab.ok('resume', box.id)
    await lab.until(box.id, 'stopped')
    expect(box.output().stdout).toContain('15\n')
  })
})
