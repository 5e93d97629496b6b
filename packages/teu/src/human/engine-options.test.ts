import type { LinuxSeccomp } from '@teu/spec'
import { describe, expect, it } from 'vitest'
import type { RunRequest } from './engine.ts'
import { engineOptionsOf } from './engine-options.ts'

const REQUEST: RunRequest = {
  rootfs: '/image',
  command: ['sh'],
  env: ['A=1'],
  mounts: [],
  readonly: false,
  capAdd: [],
  capDrop: [],
  terminal: false,
  interactive: false,
  capture: false,
  trace: false,
}
const PROFILE: LinuxSeccomp = { defaultAction: 'SCMP_ACT_ALLOW' }
const options = (more: Partial<RunRequest>) => engineOptionsOf({ ...REQUEST, ...more }, () => PROFILE)

describe('engineOptionsOf()', () => {
  it('leaves to the engine what was not asked for', () => {
    expect(options({})).toEqual({
      rootfs: '/image',
      command: ['sh'],
      env: ['A=1'],
      mounts: [],
      readonly: false,
      terminal: false,
      forwardSignals: true,
      trace: false,
      stdio: ['null', 'inherit', 'inherit'],
    })
  })

  it('passes a bundle on as it is', () => {
    expect(options({ bundle: '/b', id: 'n', timeoutMs: 5, interactive: true })).toEqual({
      bundle: '/b',
      id: 'n',
      timeoutMs: 5,
      forwardSignals: true,
      trace: false,
      stdio: ['inherit', 'inherit', 'inherit'],
    })
  })

  it('collects the output, and feeds the input, when asked to', () => {
    expect(options({ capture: true, input: 'x' })).toMatchObject({ capture: true, input: 'x' })
    expect(options({ capture: true })).not.toHaveProperty('stdio')
  })

  it.each([
    [['net_raw'], [], ['CAP_AUDIT_WRITE', 'CAP_KILL', 'CAP_NET_BIND_SERVICE', 'CAP_NET_RAW']],
    [[], ['CAP_KILL'], ['CAP_AUDIT_WRITE', 'CAP_NET_BIND_SERVICE']],
    [['CAP_CHOWN'], ['all'], ['CAP_CHOWN']],
  ])('with --cap-add %j and --cap-drop %j gives %j', (capAdd, capDrop, capabilities) => {
    expect(options({ capAdd, capDrop })).toMatchObject({ capabilities })
  })

  it('refuses a capability that does not exist', () => {
    expect(() => options({ capAdd: ['CAP_NOPE'] })).toThrow('--cap-add: unknown capability "CAP_NOPE"')
    expect(() => options({ capDrop: ['toString'] })).toThrow('--cap-drop: unknown capability "toString"')
  })

  it('reads a seccomp profile unless it is to be switched off', () => {
    expect(options({ seccomp: '/p.json' })).toMatchObject({ seccomp: PROFILE })
    expect(options({ seccomp: 'unconfined' })).toMatchObject({ seccomp: 'unconfined' })
  })

  it('makes mounts without set-id bits and devices', () => {
    expect(
      options({
        mounts: [
          { type: 'bind', source: '/s', destination: '/d', readonly: true },
          { type: 'tmpfs', destination: '/t', readonly: true, sizeBytes: 4096, mode: 0o700 },
        ],
      }),
    ).toMatchObject({
      mounts: [
        { type: 'bind', source: '/s', options: ['rbind', 'rprivate', 'nosuid', 'nodev', 'rro'] },
        { type: 'tmpfs', options: ['nosuid', 'nodev', 'mode=1777', 'size=4096', 'mode=700', 'ro'] },
      ],
    })
  })
})
