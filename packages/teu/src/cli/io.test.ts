import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const url = new URL('./io.ts', import.meta.url).href
const node = [process.execPath, '--import', 'tsx', '--input-type=module', '-e'] as const

/** Runs a script in a process of its own, whose descriptors can be what they like. */
function script(body: string): readonly [string, string[]] {
  const [file, ...args] = node
  return [file, [...args, `import { processIo } from '${url}'\nconst io = processIo()\n${body}`]]
}

const cwd = fileURLToPath(new URL('../../../..', import.meta.url))

describe('processIo()', () => {
  it.each([0, 10, 1365, 1366, 300_000])('writes %i characters whole', (length) => {
    const [file, args] = script(`io.out('ä'.repeat(${length}))`)
    expect(execFileSync(file, args, { encoding: 'utf8', cwd, maxBuffer: 1 << 22 })).toBe('ä'.repeat(length))
  })

  it('waits for a reader that is slow, although the pipe is non-blocking', () => {
    const [file, args] = script(`io.out('x'.repeat(300_000))`)
    const nonblock = `import fcntl, os, sys; fcntl.fcntl(1, fcntl.F_SETFL, os.O_NONBLOCK); os.execvp(sys.argv[1], sys.argv[1:])`
    const shell = `python3 -c '${nonblock}' "$@" | (sleep 0.3; wc -c)`
    expect(execFileSync('bash', ['-c', shell, 'bash', file, ...args], { encoding: 'utf8', cwd }).trim()).toBe('300000')
  })

  it('does not fail for a stderr that is closed', () => {
    const [file, args] = script(`io.err('x'); io.out('done')`)
    const { stdout, status } = spawnSync('bash', ['-c', 'exec "$@" 2>&-', 'bash', file, ...args], { encoding: 'utf8', cwd })
    expect({ stdout, status }).toEqual({ stdout: 'done', status: 0 })
  })

  it('reads all of stdin', () => {
    const [file, args] = script(`io.out(io.input().toUpperCase())`)
    expect(execFileSync(file, args, { input: 'abc', encoding: 'utf8', cwd })).toBe('ABC')
  })
})
