import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { describeIf, needsPrograms, needsRoot } from '../../../../tests/harness/requirements.ts'
import { exec, startOnce, supervised } from './driver.ts'

/** Runs teu-init where `vm.memfd_noexec`, a setting of each pid namespace, has this value. */
async function runWith(memfdNoexec: number): Promise<ReturnType<typeof startOnce>> {
  const command = `echo ${memfdNoexec} > /proc/sys/vm/memfd_noexec && exec "$@"`
  const run = startOnce(supervised(exec('/bin/true')), { under: ['unshare', '-fpm', '--mount-proc', 'sh', '-c', command, 'sh'] })
  run.stdin?.end()
  await run.finished
  return run
}

const needsSetting = existsSync('/proc/sys/vm/memfd_noexec') ? undefined : 'needs vm.memfd_noexec (Linux 6.3)'

// the setting belongs to the pid namespace: a new one has its own
describeIf('sealed copy', [needsRoot, needsSetting], () => {
  it('is executed where memfds are not executable by default', async () => {
    for (const setting of [0, 1]) {
      const run = await runWith(setting)
      expect(run.frames.all.map((frame) => frame.kind)).toEqual(['hello', 'init', 'started', 'exited', 'done'])
    }
  })

  it('is a condition: where it cannot be executed nothing is run, and the reason is said', async () => {
    const run = await runWith(2)
    expect(run.frames.all).toMatchObject([
      { kind: 'failed', syscall: 'memfd_create', errno: 'EACCES', step: -1 },
      { kind: 'done', failedCleanups: 0 },
    ])
  })
})

describeIf('close_range(2)', [needsPrograms('strace')], () => {
  it('is a condition too: when it is refused nothing is run', async () => {
    for (const errno of ['ENOSYS', 'EPERM', 'EINVAL']) {
      const run = startOnce(supervised(exec('/bin/true')), {
        under: ['strace', '-f', '-o', '/dev/null', '-e', `inject=close_range:error=${errno}`],
      })
      run.stdin?.end()
      await run.finished
      expect(run.frames.all).toMatchObject([{ kind: 'failed', syscall: 'close_range', errno }, { kind: 'done' }])
    }
  })
})
