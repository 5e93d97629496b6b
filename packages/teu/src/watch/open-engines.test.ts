import { openEngine } from '@teu/watch'
import { expect, it } from 'vitest'
import { openEngines } from './open-engines.ts'

const machine = { openEngine, types: ['docker.com', 'podman.io', 'containerd.io', 'k8s.io/cri-api'] }

it('an address that is given twice is one engine', () => {
  const engines = openEngines(
    [
      { kind: undefined, address: '/x/docker.sock' },
      { kind: 'docker', address: 'unix:///x/docker.sock' },
      { kind: 'docker', address: '/y/docker.sock' },
    ],
    machine,
  )
  expect(engines.map(({ api }) => api)).toEqual(['unix:///x/docker.sock', 'unix:///y/docker.sock'])
})

it('an address that is given for two kinds is refused: one of them would not be seen', () => {
  const engines = [
    { kind: undefined, address: '/x/containerd.sock' },
    { kind: 'cri', address: 'unix:///x/containerd.sock' },
  ]
  expect(() => openEngines(engines, machine)).toThrow('--engine: unix:///x/containerd.sock is given twice, for containerd and for cri')
})
