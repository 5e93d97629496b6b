import { expect, it } from 'vitest'
import { ContainerState } from '../gen/runtime/v1/runtime.gen.ts'
import { CriServer } from '../testing/cri-server.ts'
import { CriEngine } from './cri-engine.ts'

it('packers are given the image', async () => {
  await using server = await CriServer.start()
  const packer = (_: unknown, raw: unknown): unknown => (raw as { status: { status: { image: unknown } } }).status.status.image
  await using engine = new CriEngine(server.path, { packer })
  server.addPod('p')
  server.addContainer('c', 'p')
  const image = { image: 'docker.io/library/web:1', userSpecifiedImage: 'web:1' }
  const status = { id: 'c', metadata: { name: 'c' }, state: ContainerState.CONTAINER_RUNNING, image }
  server.hooks.set('containerStatus', () => ({ status, info: { info: '{"pid":5}' } }))
  expect((await engine.inspect('c')).rucksack).toMatchObject(image)
})
