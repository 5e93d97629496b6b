import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { Layout, tarOf } from '../../src/testing/image-files.ts'
import { baseLayer, changesLayer } from './busybox-image.ts'
import { daemonTests } from './daemon.ts'

const bun = fileURLToPath(new URL('../../../../node_modules/@oven/bun-linux-x64/bin/bun', import.meta.url))
const program = fileURLToPath(new URL('./bun-program.ts', import.meta.url))

daemonTests(
  'Bun',
  (test) => {
    test('imports and runs', async (daemon, lab) => {
      const layout = new Layout()
      const run = { Entrypoint: ['/bin/sh', '-c', 'cat /data/changed; ls /old; id -u; echo oops >&2; exit 4'], User: 'app' }
      // More than one window of HTTP/2's flow control.
      const large = await tarOf([[{ name: 'large' }, randomBytes(5_000_000)]])
      layout.tag(layout.image({ layers: [await baseLayer(), await changesLayer(), large], run }), 'r.io/box:1')
      writeFileSync(lab.path('image.tar'), await layout.archive())
      const args = [daemon.address, daemon.namespace, lab.dir, lab.path('image.tar'), 'r.io/box:1']
      const { status, stdout, stderr } = await lab.command([bun, '--conditions=@teu/source', program, ...args])
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
      expect(JSON.parse(stdout)).toMatchObject({
        names: ['r.io/box:1'],
        aborted: 'enough',
        exitCode: 4,
        stdout: 'after\nabove\n1234\n',
        stderr: 'oops\n',
      })
      const { leases, ingests, containers, snapshots } = await daemon.holdings()
      expect({ leases, ingests, containers, snapshots: snapshots.length }).toEqual({
        leases: [],
        ingests: [],
        containers: [],
        snapshots: 3,
      })
    })
  },
  existsSync(bun) ? undefined : 'needs Bun',
)
