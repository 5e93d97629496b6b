/**
 * Brings a fresh clone to the point where everything else can run. Plain Node, because nothing is installed yet.
 *
 *   node tools/setup.mjs [--peers] [--vm]
 *
 * Always: the npm packages of package-lock.json and, from Debian, a C compiler and a static busybox. With --peers also the
 * programs that the integration tests compare with or drive; with --vm what the guest with pure cgroup v2 needs.
 * Does nothing, in milliseconds, when all of it is there.
 */
import { spawnSync } from 'node:child_process'
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const home = dirname(dirname(fileURLToPath(import.meta.url)))
const wanted = new Set(process.argv.slice(2))
const SEARCH = [...new Set([...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin'])]

/** Programs by purpose, each with the Debian packages that bring it. */
const PROGRAMS = {
  build: { gcc: ['gcc', 'libc6-dev'], 'musl-gcc': ['musl-tools'], busybox: ['busybox-static'] },
  '--peers': {
    runc: ['runc'],
    crun: ['crun'],
    containerd: ['containerd'],
    conmon: ['conmon'],
    podman: ['podman'],
    dockerd: ['docker.io'],
    strace: ['strace'],
    ps: ['procps'],
    unshare: ['util-linux'],
    newuidmap: ['uidmap'],
    ip: ['iproute2'],
    openssl: ['openssl'],
    tmux: ['tmux'],
    chromium: ['chromium'],
  },
  '--vm': { 'qemu-system-x86_64': ['qemu-system-x86'], apparmor_parser: ['apparmor'] },
}

function fail(message) {
  console.error(`setup: ${message}`)
  process.exit(1)
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: home, stdio: ['ignore', 'inherit', 'inherit'], ...options })
  if (result.error) fail(`cannot run ${command}: ${result.error.message}`)
  return result.status ?? 1
}

function find(program) {
  for (const dir of SEARCH) {
    try {
      accessSync(join(dir, program), constants.X_OK)
      return join(dir, program)
    } catch {
      // not here
    }
  }
  return undefined
}

/** True when an x86-64 or aarch64 ELF file names no dynamic loader. */
function isStatic(file) {
  const fd = openSync(file, 'r')
  const head = Buffer.alloc(4096)
  readSync(fd, head, 0, head.length, 0)
  closeSync(fd)
  const start = Number(head.readBigUInt64LE(32))
  const size = head.readUInt16LE(54)
  const count = head.readUInt16LE(56)
  const PT_INTERP = 3
  return !Array.from({ length: count }, (_, n) => head.readUInt32LE(start + n * size)).includes(PT_INTERP)
}

function isThere(program) {
  const file = find(program)
  return file !== undefined && (program !== 'busybox' || isStatic(file))
}

/** True when node_modules holds every package of the lock file that is meant for this machine. */
function packagesAreThere() {
  const installed = join(home, 'node_modules', '.package-lock.json')
  if (!existsSync(installed)) return false
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages
  const want = JSON.parse(readFileSync(join(home, 'package-lock.json'), 'utf8')).packages
  return Object.entries(want).every(([where, entry]) => where === '' || entry.optional || have[where]?.version === entry.version)
}

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) fail(`Node ${process.versions.node} is too old, 20.19 is needed`)
if (process.platform !== 'linux') fail('containers need Linux')

if (!packagesAreThere()) {
  console.log('setup: npm ci')
  if (run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']) !== 0) fail('npm ci failed')
}

const missing = Object.entries(PROGRAMS)
  .filter(([purpose]) => purpose === 'build' || wanted.has(purpose))
  .flatMap(([, programs]) => Object.entries(programs))
  .filter(([program]) => !isThere(program))

if (missing.length > 0) {
  const packages = [...new Set(missing.flatMap(([, debian]) => debian))]
  const names = missing.map(([program]) => program).join(', ')
  if (process.getuid() !== 0 || find('apt-get') === undefined) {
    const why = process.getuid() === 0 ? 'this is no Debian' : 'only root can install them'
    console.error(`setup: missing ${names}; ${why}. On Debian: apt-get install ${packages.join(' ')}`)
    if (missing.some(([program]) => program === 'gcc')) process.exit(1)
    console.error('setup: going on without; the tests that need them are skipped and say so')
  } else {
    console.log(`setup: apt-get install ${packages.join(' ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    run('apt-get', ['update', '-qq'], { env })
    const status = run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    if (status !== 0) fail('apt-get install failed')
  }
}
