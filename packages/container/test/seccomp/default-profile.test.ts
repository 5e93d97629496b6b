import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { machine } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { nativeArchitecture } from '../../src/seccomp/architecture.ts'
import { type CompiledSeccomp, compileSeccomp } from '../../src/seccomp/compile.ts'
import { defaultSeccompProfile } from '../../src/seccomp/default-profile.ts'
import { resolveSeccompProfile } from '../../src/seccomp/docker-format.ts'
import { syscallNumbers } from '../../src/seccomp/syscalls.ts'
import { type ProbeCall, SeccompProbe } from './probe.ts'

const native = nativeArchitecture(machine()).name
const numbers = syscallNumbers(native)
const probe = new SeccompProbe()
afterAll(() => probe[Symbol.dispose]())

const capabilities = ['CAP_CHOWN', 'CAP_SETUID', 'CAP_SETGID', 'CAP_KILL', 'CAP_NET_BIND_SERVICE']
const target = { machine: machine() }
const ours = compileSeccomp(defaultSeccompProfile({ capabilities }), target)

const PODMAN = '/usr/share/containers/seccomp.json'
const podmans = existsSync(PODMAN)
  ? compileSeccomp(resolveSeccompProfile(JSON.parse(readFileSync(PODMAN, 'utf8')), { capabilities, ...target, kernel: [6, 1] }), target)
  : undefined

/** Files, pipes, signals, time, identity. */
const SHELL = `
set -e
echo one > a; ln -s a b; ln a c; chmod 600 a; mv c d; mkdir e; cp a e/; mkfifo f; touch -d 2020-01-01 a
test "$(cat b | tr o O | sort)" = One
( sleep 0.01 & wait ); kill -0 $$; id -u >/dev/null; uname -r >/dev/null; date >/dev/null
ls -lR . >/dev/null; df . >/dev/null; rm -rf a b d e f; umask 022
echo fine`

const NODE = `
const { Worker } = require('node:worker_threads')
const { execFileSync } = require('node:child_process')
const net = require('node:net'), fs = require('node:fs'), os = require('node:os')
os.networkInterfaces(); fs.writeFileSync('n', 'x'); fs.unlinkSync('n'); execFileSync('/bin/true'); require('node:crypto').randomBytes(8)
const worker = new Worker('require("node:worker_threads").parentPort.postMessage(1)', { eval: true })
worker.on('message', () => {
  const server = net.createServer((socket) => socket.end('fine')).listen(0, '127.0.0.1', () => {
    net.connect(server.address().port, '127.0.0.1').on('data', (data) => { console.log(String(data)); server.close() })
  })
})`

const PYTHON = `
import concurrent.futures, multiprocessing, os, random, select, socket, subprocess, tempfile, threading, time
with concurrent.futures.ThreadPoolExecutor(4) as pool: assert sum(pool.map(len, ["ab"] * 10)) == 20
with multiprocessing.Pool(2) as pool: assert pool.map(abs, [-1, -2]) == [1, 2]
a, b = socket.socketpair(); a.send(b"x"); assert select.select([b], [], [], 1)[0] == [b]
socket.socket(socket.AF_INET6 if socket.has_ipv6 else socket.AF_INET).close()
with tempfile.TemporaryFile() as f: f.write(b"y"); os.posix_fallocate(f.fileno(), 0, 10)
assert subprocess.run(["/bin/true"]).returncode == 0
os.sched_getaffinity(0); os.getrandom(4); os.getloadavg(); os.nice(0); time.sleep(0.001)
print("fine")`

const THREADS_IN_C = `
#include <pthread.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
static void *run(void *arg) { return malloc(1 << 20) ? arg : 0; }
int main(void) {
  pthread_t threads[8];
  for (int i = 0; i < 8; i++) if (pthread_create(&threads[i], 0, run, threads)) return 1;
  for (int i = 0; i < 8; i++) pthread_join(threads[i], 0);
  struct addrinfo *found;
  if (getaddrinfo("127.0.0.1", "80", 0, &found)) return 2;
  return puts("fine") < 0;
}`

const PROGRAMS: readonly (readonly [name: string, argv: readonly string[]])[] = [
  ['busybox sh', ['/bin/busybox', 'sh', '-c', SHELL]],
  ['bash', ['/bin/bash', '-c', SHELL]],
  ['node', [process.execPath, '-e', NODE]],
  ['python', ['/usr/bin/python3', '-c', PYTHON]],
]

const FILTERS: readonly (readonly [name: string, filter: CompiledSeccomp | undefined])[] = [
  ["teu's own profile", ours],
  ["Podman's profile", podmans],
]

describe.each(FILTERS.filter(([, filter]) => filter !== undefined))('programs under %s', (_, filter) => {
  it.each(PROGRAMS.filter(([, [path]]) => existsSync(path as string)))('%s runs', (_, argv) => {
    expect(probe.exec(filter as CompiledSeccomp, argv)).toEqual({ status: 0, signal: null, stdout: 'fine\n', stderr: '' })
  })

  it.each(['cc', 'musl-gcc'].filter((compiler) => spawnSync(compiler, ['--version']).status === 0))(
    'a threaded program of %s runs',
    (compiler) => {
      const source = join(probe.directory, 'threads.c')
      const program = join(probe.directory, `threads-${compiler}`)
      writeFileSync(source, THREADS_IN_C)
      expect(spawnSync(compiler, ['-pthread', '-o', program, source], { encoding: 'utf8' }).stderr).toBe('')
      expect(probe.exec(filter as CompiledSeccomp, [program])).toEqual({ status: 0, signal: null, stdout: 'fine\n', stderr: '' })
    },
  )
})

describe("teu's own profile on this kernel", () => {
  it('has everything known, and fits', () => {
    expect(ours).toMatchObject({ warnings: [], notify: false })
    expect(ours.instructions).toBeLessThan(700)
  })

  it.each<[string, ProbeCall, string]>([
    ['a new user namespace by unshare(2)', { number: numbers.unshare!, args: [0x10000000] }, 'ret -1'],
    ['a new time namespace', { number: numbers.unshare!, args: [0x80] }, 'ret -1'],
    ['a new user namespace by clone(2)', { number: numbers.clone!, args: [0x10000011] }, 'ret -1'],
    ['clone3(2)', { number: numbers.clone3!, args: [0, 0] }, 'ret -38'],
    ['io_uring', { number: numbers.io_uring_setup!, args: [1, 0] }, 'ret -38'],
    ['keyctl(2)', { number: numbers.keyctl!, args: [0, -3n + 2n ** 64n, 0] }, 'ret -1'],
    ['bpf(2)', { number: numbers.bpf!, args: [0, 0, 0] }, 'ret -1'],
    ['userfaultfd(2)', { number: numbers.userfaultfd!, args: [1] }, 'ret -1'],
    ['mount(2)', { number: numbers.mount! }, 'ret -1'],
    ['AF_ALG', { number: numbers.socket!, args: [38, 5, 0] }, 'ret -97'],
    ['AF_ALG with a high bit', { number: numbers.socket!, args: [2n ** 32n + 38n, 5, 0] }, 'ret -97'],
    ['AF_VSOCK', { number: numbers.socket!, args: [40, 1, 0] }, 'ret -97'],
    ['AF_PACKET', { number: numbers.socket!, args: [17, 3, 0] }, 'ret -1'],
    ['auditing', { number: numbers.socket!, args: [16, 3, 9] }, 'ret -22'],
    ['netfilter over netlink', { number: numbers.socket!, args: [16, 3, 12] }, 'ret -1'],
    ['switching off address randomisation', { number: numbers.personality!, args: [0x40000] }, 'ret -1'],
    ['a call newer than any', { number: 2000 }, 'ret -38'],
  ])('refuses %s', (_, call, expected) => {
    expect(probe.calls(ours, [call])).toEqual([expected])
  })

  it('lets harmless variants of guarded calls through', () => {
    const calls: ProbeCall[] = [
      { number: numbers.personality!, args: [0xffffffff] },
      { number: numbers.unshare!, args: [0x400] },
      { number: numbers.getppid! },
    ]
    for (const line of probe.calls(ours, calls)) expect(line).toMatch(/^ret \d+$/)
    for (const args of [
      [1, 1, 0],
      [2, 1, 0],
      [10, 2, 0],
      [16, 3, 0],
    ]) {
      // A machine may lack a family; the filter does not refuse it.
      expect(probe.calls(ours, [{ number: numbers.socket!, args }])[0]).not.toMatch(/^ret -(1|22)$/)
    }
  })

  it.runIf(native === 'X86_64')('gives 32-bit programs no way around the socket families', () => {
    const i386 = syscallNumbers('X86')
    const calls = [
      { abi: 32, number: i386.socket!, args: [38, 5, 0] },
      { abi: 32, number: i386.socketcall!, args: [1, 0] },
      { abi: 32, number: i386.getpid! },
    ] as const
    expect(probe.calls(ours, calls)).toEqual(['ret -97', 'ret -1', expect.stringMatching(/^ret \d+$/)])
  })
})
