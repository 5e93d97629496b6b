import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { FdOutput } from './fd-output.ts'

describe('FdOutput', () => {
  it('writes everything, and leaves the descriptor open', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'teu-fd-'))
    const fd = openSync(join(directory, 'out'), 'w')
    const output = new FdOutput(fd)
    output.write('one\n')
    output.write('')
    output.end('zwei ü\n')
    await finished(output)
    closeSync(fd)
    expect(readFileSync(join(directory, 'out'), 'utf8')).toBe('one\nzwei ü\n')
    rmSync(directory, { recursive: true })
  })

  it('waits for a slow reader of a pipe that is non-blocking', async () => {
    // Pipes of a child of Node are sockets, and non-blocking on this side.
    const child = spawn('sh', ['-c', 'sleep 0.2; wc -c'], { stdio: ['pipe', 'pipe', 'inherit'] })
    const { fd } = (child.stdin as unknown as { _handle: { fd: number } })._handle
    const output = new FdOutput(fd)
    const chunk = Buffer.alloc(700_000, 'x')
    output.end(chunk)
    await finished(output)
    child.stdin.end()
    let text = ''
    for await (const part of child.stdout) text += String(part)
    expect(Number(text)).toBe(chunk.length)
  })

  it('says that nobody reads any more', async () => {
    const child = spawn('sh', ['-c', 'exec 0<&-; echo ready; exec sleep 60'], { stdio: ['pipe', 'pipe', 'ignore'] })
    const { fd } = (child.stdin as unknown as { _handle: { fd: number } })._handle
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const output = new FdOutput(fd)
    output.end('x')
    await expect(finished(output)).rejects.toMatchObject({ code: 'EPIPE' })
    child.kill()
  })
})
