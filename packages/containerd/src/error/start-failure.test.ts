import { expect, test } from 'vitest'
import { isProgramFailure } from './start-failure.ts'

const CREATE = 'failed to create shim task: OCI runtime create failed: '
const EXEC = 'OCI runtime exec failed: '

test.each([
  `${CREATE}runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH: unknown`,
  `${CREATE}runc create failed: unable to start container process: exec: "/nope": stat /nope: no such file or directory: unknown`,
  `${CREATE}runc create failed: unable to start container process: exec: "/etc": permission denied: unknown`,
  `${CREATE}runc create failed: unable to start container process: error during container init: mkdir /bin/sh: not a directory: unknown`,
  `${CREATE}Cannot make the directory "/bin/sh": mkdir failed with ENOTDIR (not a directory) (step 109): unknown`,
  `${EXEC}exec failed: unable to start container process: chdir to cwd ("/nope") set in config.json failed: no such file or directory: unknown`,
  `${EXEC}executable file \`nope\` not found in $PATH: No such file or directory: unknown`,
  'OCI runtime start failed: exec /bin/x: exec format error: unknown',
])('a program that cannot be started: %s', (message) => {
  expect(isProgramFailure(message)).toBe(true)
})

test.each([
  `${CREATE}runc create failed: unable to start container process: error mounting "/nope" to rootfs: mount /nope: no such file or directory: unknown`,
  `${CREATE}unable to retrieve OCI runtime error (open log.json: no such file or directory): fork/exec /nope/runc: no such file or directory: unknown`,
  'exec: "nope": executable file not found in $PATH',
  'ttrpc: closed: unknown',
])('something else: %s', (message) => {
  expect(isProgramFailure(message)).toBe(false)
})
