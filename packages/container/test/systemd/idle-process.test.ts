import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { eventually } from '../../../../tests/harness/wait.ts'
import { isAlive, readStartTime } from '../../src/probe/proc-stat.ts'
import { IdleProcess } from '../../src/systemd/idle-process.ts'

const identity = (pid: number): { pid: number; startTime: string } => ({ pid, startTime: readStartTime(pid) ?? '' })

describe('IdleProcess', () => {
  it('lives until it is ended, and is not even a zombie then', async () => {
    const idle = await IdleProcess.start()
    const itself = identity(idle.pid)
    // Long enough for a program that only begins and ends.
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(isAlive(itself)).toBe(true)
    await idle.end()
    expect(existsSync(`/proc/${itself.pid}`)).toBe(false)
    await idle.end()
  })

  it('ends with the program that has started it', async () => {
    const source = new URL('../../src/systemd/idle-process.ts', import.meta.url)
    const script = `const { IdleProcess } = await import(${JSON.stringify(source.href)}); console.log((await IdleProcess.start()).pid)
      setInterval(() => {}, 1000)`
    const options = ['--conditions=@teu/source', '--import', 'tsx', '--input-type=module', '--eval', script]
    const caller = spawn(process.execPath, options, { stdio: ['ignore', 'pipe', 'inherit'] })
    const [pid] = (await once(caller.stdout, 'data')) as [Buffer]
    const idle = identity(Number(pid.toString()))
    expect(isAlive(idle)).toBe(true)
    caller.kill('SIGKILL')
    await eventually('the idle process has ended', () => !isAlive(idle) || undefined)
  })
})
