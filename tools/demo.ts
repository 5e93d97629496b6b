/** A few real containers on this machine's own root file system: their output, what they are kept from, and the time each took. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { type RunResult, run } from 'teu'

const NAMESPACES = ['mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'user'] as const
const heading = (text: string): void => console.log(`\n\u001b[1m${text}\u001b[0m`)
const row = (left: string, ...right: readonly string[]): void =>
  console.log(`  ${left.padEnd(26)}${right.map((cell) => cell.padEnd(30)).join('')}`)
const took = (result: RunResult): string => `${result.durationMs.toFixed(1)} ms`

/** Runs a shell script in a new container over the machine's own root file system. */
const shell = (script: string, options: { memory?: string; pids?: number; timeoutMs?: number } = {}): Promise<RunResult> =>
  run({ rootfs: 'host', command: ['sh', '-c', script], capture: true, ...options })

async function hello(): Promise<void> {
  heading('1. A program in a container')
  const result = await shell('echo "hello from $(hostname), user $(id -u), process $$"')
  console.log(`  ${result.stdout?.trim()}`)
  row('exit code, time', String(result.exitCode), took(result))
}

/** Lines `name=value` of the container, by name. */
const facts = (text: string): Map<string, string> =>
  new Map(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
  )

const STATUS = (name: string, status: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? ''
const countSet = (mask: string): string =>
  String(
    BigInt(`0x${mask || 0}`)
      .toString(2)
      .replaceAll('0', '').length,
  )

async function isolation(): Promise<void> {
  heading('2. What is isolated')
  const script = [
    `for n in ${NAMESPACES.join(' ')}; do echo "$n=$(readlink /proc/self/ns/$n)"; done`,
    'echo "hostname=$(hostname)"',
    `echo "processes=$(ls /proc | grep -c '^[0-9]')"`,
    `echo "interfaces=$(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | tr '\\n' ' ')"`,
    'for k in CapEff NoNewPrivs Seccomp; do echo "$k=$(grep "^$k:" /proc/self/status | cut -f2)"; done',
    `echo "shadow=$(wc -c < /etc/shadow 2>/dev/null || echo unreadable)"`,
  ].join('\n')
  const result = await shell(script)
  const inside = facts(result.stdout ?? '')
  const status = readFileSync('/proc/self/status', 'utf8')
  const interfaces = readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .slice(2)
    .map((line) => line.split(':')[0]?.trim() ?? '')
  const show = (what: string, host: string, container: string): void => row(what, host, container)
  show('', 'this machine', 'the container')
  show('host name', hostname(), inside.get('hostname') ?? '')
  show('processes it can see', String(readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length), inside.get('processes') ?? '')
  show('network interfaces', interfaces.join(' ').trim(), inside.get('interfaces')?.trim() ?? '')
  show('capabilities', countSet(STATUS('CapEff', status)), countSet(inside.get('CapEff') ?? ''))
  show('no new privileges', STATUS('NoNewPrivs', status), inside.get('NoNewPrivs') ?? '')
  show('seccomp filter', STATUS('Seccomp', status) === '2' ? 'yes' : 'no', inside.get('Seccomp') === '2' ? 'yes' : 'no')
  show('bytes of /etc/shadow', String(readFileSync('/etc/shadow').length), inside.get('shadow') ?? '')
  const own = NAMESPACES.filter((name) => inside.get(name) !== readlinkSync(`/proc/self/ns/${name}`))
  show('namespaces of its own', '', own.join(' '))
  row('time', took(result))
}

async function damage(): Promise<void> {
  heading('3. Damage stays inside')
  const attempts: readonly (readonly [string, string])[] = [
    ['delete all programs', 'rm -rf /usr/bin /usr/sbin; test ! -e /usr/bin/env && echo "gone, in the container"'],
    ['mount a file system', 'mount -t tmpfs none /mnt'],
    ['change the kernel', 'echo 1 > /proc/sys/kernel/panic'],
    ['make a disk device', 'mknod /tmp/disk b 8 0'],
    ['reach the network', 'exec 3<>/dev/tcp/1.1.1.1/53'],
  ]
  for (const [what, script] of attempts) {
    const result = await run({ rootfs: 'host', command: ['bash', '-c', `exec 2>&1; ${script}`], capture: true })
    const said = (result.stdout ?? '').trim().split('\n')[0] ?? ''
    row(what, result.exitCode === 0 ? said : `refused: ${said.split(': ').at(-1)?.replace(/\.$/, '')}`)
  }
  row('this machine', `/usr/bin still has ${readdirSync('/usr/bin').length} programs`)
}

async function limits(): Promise<void> {
  heading('4. Limits, and how a program ended, as data')
  const hungry = await shell('exec tail /dev/zero', { memory: '32MiB' })
  row('32 MiB of memory', `signal ${hungry.signal ?? '-'}, oomKilled ${hungry.oomKilled}`, took(hungry))
  const bomb = await shell('i=0; while [ $i -lt 50 ]; do sleep 5 & i=$((i+1)); done', { pids: 16 })
  row('16 processes', `exit code ${bomb.exitCode}: ${(bomb.stderr ?? '').includes('fork') ? 'fork refused' : ''}`, took(bomb))
  const slow = await shell('sleep 1000', { timeoutMs: 200 })
  row('200 ms of time', `signal ${slow.signal ?? '-'}, timedOut ${slow.timedOut}`, took(slow))
}

async function speed(): Promise<void> {
  heading('5. How long a container takes, from call to clean-up')
  const once = (): Promise<RunResult> => run({ rootfs: 'host', command: ['true'], stdio: 'null' })
  for (let n = 0; n < 5; n++) await once()
  const times: number[] = []
  for (let n = 0; n < 50; n++) times.push((await once()).durationMs)
  times.sort((a, b) => a - b)
  row('one after the other', `median ${times[25]?.toFixed(1)} ms, fastest ${times[0]?.toFixed(1)} ms`)
  const start = performance.now()
  const lane = async (): Promise<void> => {
    for (let n = 0; n < 25; n++) await once()
  }
  await Promise.all([lane(), lane(), lane(), lane()])
  row('four at a time', `${(100 / ((performance.now() - start) / 1000)).toFixed(0)} containers per second`)
}

if (process.getuid?.() !== 0) console.log('as an ordinary user, some of this is not possible; run it as root to see all of it')
for (const part of [hello, isolation, damage, limits, speed]) await part()
console.log('\nNothing is left of them: no process, mount, cgroup or directory. Next: README.md')
