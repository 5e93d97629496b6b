/**
 * Runs a command as root in a virtual machine that is thrown away: Debian's kernel, a pure cgroup v2 hierarchy, and as its root a
 * copy-on-write view of this machine's root file system. Nothing that happens in it reaches this machine, but what the
 * command writes to `/run/job/out`.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Kernel } from './kernel.ts'

/** Options of {@link runInGuest}. */
export interface GuestOptions {
  readonly kernel: Kernel
  /** systemd is process 1, and the command is one of its services. Default false. */
  readonly systemd?: boolean
  /** Default half of this machine's memory, between 2 and 6 GiB. */
  readonly memoryMiB?: number
  /** The machine is switched off after this time. Default 15 minutes. */
  readonly timeoutMs?: number
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Directory that receives the files of `/run/job/out`. */
  readonly outputDir?: string
  /** Gets the guest's console, which is the output of the command. Default: stdout. */
  readonly output?: NodeJS.WritableStream
}

const NO_STATUS = 125
/** On a tmpfs: engines make overlays of what they store, and the guest's root is an overlay itself, on which that does not work. */
const TEMPORARY = '/run/tmp'
const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** `TEU_VM_ACCEL=kvm` makes the guest several times faster where the machine can nest virtual machines; not every /dev/kvm can. */
const accelerator = (): string => (process.env['TEU_VM_ACCEL'] === 'kvm' ? 'kvm' : 'tcg,thread=multi')

function script(command: readonly string[], options: GuestOptions): string {
  const env = { PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, HOME: '/root', TMPDIR: TEMPORARY, TEU_GUEST: '1', ...options.env }
  return [
    `mkdir -p -m 1777 ${TEMPORARY}`,
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}`),
    `cd ${quote(options.cwd ?? process.cwd())}`,
    // A pipe as stdout, so that programs do not take the serial line for a terminal.
    `{ ${command.map((word) => quote(word)).join(' ')}; echo $? > /run/job/status; } </dev/null 2>&1 | cat`,
    'sync',
    'busybox poweroff -f',
    '',
  ].join('\n')
}

function machine(job: string, options: GuestOptions): string[] {
  const memory = options.memoryMiB ?? Math.max(2048, Math.min(6144, Math.floor(totalmem() / 2 ** 21)))
  const share = (path: string, tag: string, readonly: boolean): string[] => [
    '-virtfs',
    `local,path=${path},mount_tag=${tag},security_model=none,multidevs=remap${readonly ? ',readonly=on' : ''}`,
  ]
  const console = 'console=ttyS0 quiet loglevel=1 panic=-1'
  const cgroups = `cgroup_no_v1=all systemd.unified_cgroup_hierarchy=1${options.systemd === true ? ' guest.systemd' : ''}`
  const boot = `${console} ${cgroups}`
  // biome-ignore format: an option and its value stand together
  return [
    '-accel', accelerator(), '-cpu', 'max', '-smp', String(availableParallelism()), '-m', String(memory),
    '-nodefaults', '-display', 'none', '-no-reboot', '-serial', 'stdio',
    '-kernel', options.kernel.image, '-initrd', options.kernel.initramfs, '-append', boot,
    ...share('/', 'host', true),
    ...share(job, 'job', false),
  ]
}

/** Resolves with the exit status of the command; 125 when the guest gave none. */
export async function runInGuest(command: readonly string[], options: GuestOptions): Promise<number> {
  const job = mkdtempSync(join(tmpdir(), 'teu-guest-'))
  try {
    mkdirSync(join(job, 'out'))
    writeFileSync(join(job, 'script'), script(command, options))
    const qemu = spawn('qemu-system-x86_64', machine(job, options), {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: options.timeoutMs ?? 15 * 60_000,
      killSignal: 'SIGKILL',
    })
    qemu.stdout.setEncoding('utf8').on('data', (text: string) => (options.output ?? process.stdout).write(text.replaceAll('\r', '')))
    await once(qemu, 'close')
    for (const name of options.outputDir === undefined ? [] : readdirSync(join(job, 'out')))
      copyFileSync(join(job, 'out', name), join(options.outputDir ?? '', name))
    const status = join(job, 'status')
    return existsSync(status) ? Number(readFileSync(status, 'utf8')) : NO_STATUS
  } finally {
    rmSync(job, { recursive: true, force: true })
  }
}
