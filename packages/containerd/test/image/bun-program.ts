/** Run by a test with Bun: imports an archive and runs a program of it; prints what came of it. */

import { Containerd, Images } from '../../src/index.ts'

const [address = '', namespace = '', directory = '', archive = '', name = ''] = process.argv.slice(2)
const client = await Containerd.connect({
  address,
  namespace,
  stateDir: `${directory}/fifos`,
  runtime: { name: 'io.containerd.runc.v2', options: { root: `${directory}/runc` } },
})
try {
  const images = new Images(client)
  const imported = await images.import(archive)
  const stop = new AbortController()
  const aborted = await images
    .import(archive, { signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) })
    .catch((error: unknown) => (error as Error).message)
  const result = await images.run(name, [], { capture: true })
  process.stdout.write(JSON.stringify({ names: imported.map((image) => image.name), aborted, ...result }))
} finally {
  await client[Symbol.asyncDispose]()
}
