import type { Frame, Step } from '@teu/init'
import { describe, expect, it } from 'vitest'
import { failureOf } from './failure.ts'

type FailedFrame = Extract<Frame, { kind: 'failed' }>

const LABEL: Step = { op: 'lsm_label', proc: 1, file: 'apparmor/exec', label: 'exec box', pointer: '/process/apparmorProfile' }

function failed(changes: Partial<FailedFrame>): FailedFrame {
  return {
    kind: 'failed',
    tag: 1,
    stage: 'container',
    step: 0,
    op: '',
    syscall: '',
    errno: '',
    path: '',
    detail: '',
    waitStatus: 0,
    ...changes,
  }
}

describe('failureOf()', () => {
  const context = { containerId: 'c', operation: 'create', plan: { parent: [], joiner: [], container: [LABEL], after: [] } }
  const path = '/proc/thread-self/attr/apparmor/exec'

  it('names the AppArmor profile that is not loaded, and says what to do', () => {
    expect(failureOf(failed({ op: 'lsm_label', syscall: 'write', errno: 'ENOENT', path }), context)).toMatchObject({
      message: 'Cannot apply the AppArmor profile "box": it is not loaded',
      pointer: '/process/apparmorProfile',
      remedy: expect.stringContaining('apparmor_parser') as string,
    })
  })

  it('says of another failure of a label what the kernel said', () => {
    const { message, remedy } = failureOf(failed({ op: 'lsm_label', syscall: 'write', errno: 'EACCES', path }), context)
    expect([message, remedy]).toEqual(['Cannot apply the AppArmor profile "box": write failed with EACCES (permission denied)', undefined])
  })
})
