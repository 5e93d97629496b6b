import { validateSpec } from '@teu/spec'
import { describe, expect, test } from 'vitest'
import type { ImageConfig } from '../document/image-config.ts'
import { specFromImage } from './spec-from-image.ts'

const image: ImageConfig = {
  platform: { os: 'linux', architecture: 'amd64' },
  diffIds: [],
  user: '10:20',
  env: ['PATH=/image', 'A=1', 'A=2', '=bad', 'novalue'],
  entrypoint: ['/entry'],
  cmd: ['cmd'],
  workingDir: 'srv',
  stopSignal: 'SIGQUIT',
  labels: { a: 'b', long: 'x'.repeat(5000) },
}

describe('specFromImage()', () => {
  test('takes everything from the image', () => {
    const { spec, labels, stopSignal } = specFromImage(image, undefined)
    expect(spec.process).toMatchObject({
      args: ['/entry', 'cmd'],
      env: ['PATH=/image', 'A=2'],
      cwd: '/srv',
      user: { uid: 10, gid: 20 },
      terminal: false,
    })
    expect(spec.root).toEqual({ path: 'rootfs', readonly: false })
    expect(labels).toEqual({ a: 'b', 'io.containerd.image.config.stop-signal': 'SIGQUIT' })
    expect(stopSignal).toBe('SIGQUIT')
    expect(() => validateSpec(spec)).not.toThrow()
  })

  test('labels that engines act on do not come from an image', () => {
    const hostile = {
      'dev.teu/bundle': '/etc',
      'com.docker/engine.bundle.path': '/etc',
      'nerdctl/name': 'database',
      'containerd.io/restart.loguri': 'binary:///bin/sh',
      'io.containerd.image.config.stop-signal': 'SIGKILL',
      'io.cri-containerd.kind': 'sandbox',
      'io.kubernetes.pod.uid': '1',
    }
    const kept = { 'org.opencontainers.image.title': 'x', 'com.docker.compose.project': 'p', 'a/dev.teu/bundle': 'y', dev: 'z' }
    expect(specFromImage({ ...image, labels: { ...hostile, ...kept } }, undefined).labels).toEqual({
      ...kept,
      'io.containerd.image.config.stop-signal': 'SIGQUIT',
    })
  })

  test('the caller comes first', () => {
    const { spec } = specFromImage(image, undefined, {
      args: ['x'],
      env: { A: '3', B: '4' },
      cwd: '/',
      user: 5,
      terminal: true,
      memory: '1MiB',
    })
    expect(spec.process).toMatchObject({
      args: ['/entry', 'x'],
      env: ['TERM=xterm', 'PATH=/image', 'A=3', 'B=4'],
      cwd: '/',
      user: { uid: 5, gid: 0 },
    })
    expect(spec.linux?.resources?.memory?.limit).toBe(1048576)
    expect(specFromImage(image, undefined, { entrypoint: ['/own'] }).spec.process?.args).toEqual(['/own'])
    expect(specFromImage(image, undefined, { entrypoint: ['/own'], args: ['x'] }).spec.process?.args).toEqual(['/own', 'x'])
    expect(specFromImage(image, undefined, { entrypoint: [], args: ['/x'] }).spec.process?.args).toEqual(['/x'])
  })

  test('an image that says nothing', () => {
    const bare = { ...image, entrypoint: [], cmd: [], user: '', workingDir: '', env: [], labels: {} }
    expect(() => specFromImage(bare, undefined)).toThrow(expect.objectContaining({ code: 'ERR_TEU_USAGE' }))
    const { spec } = specFromImage(bare, undefined, { args: ['/x'] })
    expect(spec.process).toMatchObject({ cwd: '/', user: { uid: 0, gid: 0 }, env: [expect.stringMatching(/^PATH=/)] })
  })
})
