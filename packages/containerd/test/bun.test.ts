/** The client on Bun, whose own ways with FIFOs differ from Node's. */

import { join } from 'node:path'
import { expect } from 'vitest'
import { home } from '../../../tests/harness/native.ts'
import { bunBinary } from '../../../tools/bun-binary.ts'
import { withRunc } from './support/runtimes.ts'

withRunc('on Bun', (test) => {
  test('a whole life, with input, output and an exec; the program ends by itself', async (daemon) => {
    const script = join(home, 'packages/containerd/test/support/whole-life.ts')
    const { address, namespace, stateDir } = daemon
    const spec = daemon.script('wc -c; echo err >&2; exit 3')
    const options = JSON.stringify({ address, namespace, stateDir, runtimeRoot: daemon.lab.path('runtime'), spec })
    const { status, stdout, stderr } = await daemon.lab.command([bunBinary(), '--conditions=@teu/source', script, options], { cwd: home })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const seen = JSON.parse(stdout) as { events: string[] }
    expect(seen).toMatchObject({ exit: 3, exec: 4, stdout: '300000', stderr: 'err' })
    expect(seen.events.slice(0, 6)).toEqual(['create', 'start', 'exec-added', 'exec-started', 'exit', 'exec-added'])
  })
})
