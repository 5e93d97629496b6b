import { expect, test } from 'vitest'
import { programErrno } from './start-failure.ts'

const CREATE = 'failed to create shim task: OCI runtime create failed: '
const RUNC = `${CREATE}runc create failed: unable to start container process: `
const EXEC = 'OCI runtime exec failed: '
const RUNC_EXEC = `${EXEC}exec failed: unable to start container process: `

test.each([
  // runc
  [`${RUNC}exec: "nope": executable file not found in $PATH: unknown`, 'ENOENT'],
  [`${RUNC}exec: "/nope": stat /nope: no such file or directory: unknown`, 'ENOENT'],
  [`${RUNC}exec: "/bin/sh/x": stat /bin/sh/x: not a directory: unknown`, 'ENOTDIR'],
  [`${RUNC}exec: "/etc": permission denied: unknown`, 'EACCES'],
  [`${RUNC}exec /x: exec format error: unknown`, 'ENOEXEC'],
  [`${RUNC}error during container init: mkdir /bin/sh: not a directory: unknown`, 'ENOTDIR'],
  [`${RUNC_EXEC}exec: "/plain": permission denied: unknown`, 'EACCES'],
  [`${RUNC_EXEC}chdir to cwd ("/nope") set in config.json failed: no such file or directory: unknown`, 'ENOENT'],
  [`${RUNC_EXEC}chdir to cwd ("/plain") set in config.json failed: not a directory: unknown`, 'ENOTDIR'],
  // crun
  [`${EXEC}executable file \`nope\` not found in $PATH: No such file or directory: unknown`, 'ENOENT'],
  [`${CREATE}open executable: Permission denied: unknown`, 'EACCES'],
  [`${EXEC}exec container process \`/x\`: Exec format error: unknown`, 'ENOEXEC'],
  [`${EXEC}exec container process (missing dynamic library?) \`/x\`: No such file or directory: unknown`, 'ENOENT'],
  [`${CREATE}chdir to \`/nope\`: No such file or directory: unknown`, 'ENOENT'],
  // teu-oci
  [`${CREATE}exec: "/bin": is a directory: permission denied: unknown`, 'EACCES'],
  ['OCI runtime start failed: exec: "/garbage": exec format error: unknown', 'ENOEXEC'],
  [`${CREATE}Cannot make the directory "/bin/sh": mkdir failed with ENOTDIR (not a directory) (step 109): unknown`, 'ENOTDIR'],
  [`${EXEC}Cannot change to the working directory "/nope": openat2 failed with ENOENT (no such file or directory): unknown`, 'ENOENT'],
])('a program that cannot be started: %s', (message, errno) => {
  expect(programErrno(message)).toBe(errno)
})

test.each([
  `${RUNC}error mounting "/nope" to rootfs: mount /nope: no such file or directory: unknown`,
  `${CREATE}unable to retrieve OCI runtime error (open log.json: no such file or directory): fork/exec /nope/runc: no such file or directory: unknown`,
  `${EXEC}exec failed: unable to create new parent process: namespace path: lstat /proc/16137/ns/ipc: no such file or directory: unknown`,
  `${EXEC}exec failed: open /run/runc/a/state.json: no such file or directory: unknown`,
  'OCI runtime start failed: read from the exec fifo: No such file or directory: unknown',
  `${EXEC}exec failed: cannot exec in a stopped container: unknown`,
  'exec: "nope": executable file not found in $PATH',
  'ttrpc: closed: unknown',
])('something else: %s', (message) => {
  expect(programErrno(message)).toBeUndefined()
})
