/** A few real containers, from TypeScript: their output, what was kept apart, how each ended and how long it took. Needs no image: the
 *  root file system is this machine's own, under an overlay that is thrown away. */

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { isTeuError, type RunResult, run } from 'teu'
import { home } from './step.ts'

const bold = (text: string): string => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text)
const title = (text: string): void => console.log(`\n${bold(text)}`)
const shell = (script: string): { rootfs: string; command: string[] } => ({ rootfs: 'host', command: ['sh', '-c', script] })

/** One line on how a container ended. */
function ending(result: RunResult): string {
  const how = result.signal === undefined ? `exit code ${result.exitCode}` : result.signal
  const why = [
    result.oomKilled && `out of memory in ${result.oom?.cgroup}: limit ${result.oom?.limitBytes}, peak ${result.oom?.peakBytes} bytes`,
    result.timedOut && 'timeout',
    result.seccompKilled && 'forbidden system call',
  ].filter(Boolean)
  return `${how}${why.length > 0 ? ` (${why.join(', ')})` : ''}, ${result.durationMs.toFixed(1)} ms from call to clean-up`
}

async function firstContainer(): Promise<void> {
  title("await run({ rootfs: 'host', command: ['sh', '-c', …], capture: true })")
  const result = await run({ ...shell('echo "Hello from $(hostname), where I am process $$"'), capture: true })
  console.log(`  ${result.stdout?.trim()}\n  ${ending(result)}`)
}

async function isolation(): Promise<void> {
  title('What is kept apart')
  const script = `
    hostname
    ls -d /proc/[0-9]* | wc -l
    ls /sys/class/net | tr "\\n" " "; echo
    ls /root | wc -l
    { echo changed > /etc/hostname && cat /etc/hostname; } 2>&1
    grep -c . /etc/shadow
    sed -n "s/^CapEff:\\t//p; s/^Seccomp:\\t//p; s/^NoNewPrivs:\\t//p" /proc/self/status | tr "\\n" " "; echo`
  const { stdout = '', durationMs } = await run({ ...shell(script), capture: true })
  const inside = stdout.split('\n')
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length
  const rows: [string, string, string | undefined][] = [
    ['host name', hostname(), inside[0]],
    ['processes to be seen', String(processes), inside[1]],
    ['network interfaces', readdirSync('/sys/class/net').join(' '), inside[2]],
    ['files in /root', String(readdirSync('/root').length), inside[3]],
    ['write to /etc/hostname', 'stays as it was', `"${inside[4]}", thrown away`],
    ['lines of /etc/shadow', 'secret', inside[5]],
    ['capabilities, no new privileges, seccomp', 'all', inside[6]],
  ]
  for (const [what, host, container] of rows) console.log(`  ${what.padEnd(42)}${host.slice(0, 24).padEnd(26)}${container}`)
  console.log(`  ${''.padEnd(42)}${'(this machine)'.padEnd(26)}(container, ${durationMs.toFixed(1)} ms)`)
}

async function limits(): Promise<void> {
  title("await run({ …, memory: '32MiB' })  with a program that wants more")
  console.log(`  ${ending(await run({ rootfs: 'host', command: ['tail', '/dev/zero'], memory: '32MiB', stdio: 'null' }))}`)
  title('await run({ …, timeoutMs: 250 })  with a program that sleeps for a minute')
  console.log(`  ${ending(await run({ rootfs: 'host', command: ['sleep', '60'], timeoutMs: 250, stdio: 'null' }))}`)
  title('await run({ …, pids: 16 })  with a program that starts 100 others')
  const bomb = 'i=0; while [ $i -lt 100 ]; do sleep 5 & i=$((i+1)); done; echo never'
  const result = await run({ ...shell(bomb), pids: 16, capture: true })
  console.log(`  ${result.stderr?.trim().split('\n').at(-1)}\n  ${ending(result)}`)
}

async function mistakes(): Promise<void> {
  title("await run({ …, command: ['no-such-program'] })")
  try {
    await run({ rootfs: 'host', command: ['no-such-program'] })
  } catch (error) {
    if (!isTeuError(error)) throw error
    console.log(
      `  ${error.code}: ${error.message}\n  step ${error.step?.index} (${error.step?.op}), ${error.syscall} gave ${error.errno}, asked for by ${error.pointer}`,
    )
  }
}

async function speed(): Promise<void> {
  title('100 containers, one after the other')
  const times: number[] = []
  for (let i = 0; i < 100; i++) times.push((await run({ rootfs: 'host', command: ['true'], stdio: 'null' })).durationMs)
  times.sort((a, b) => a - b)
  console.log(`  median ${times[50]?.toFixed(2)} ms, fastest ${times[0]?.toFixed(2)} ms, from call to clean-up`)
}

function commandLine(): void {
  title('dist/teu run --rootfs host --memory 64M -- sh -c …')
  const command = ['run', '--rootfs', 'host', '--memory', '64M', '--', 'sh', '-c', 'echo the same from a shell; exit 7']
  const { status, stdout, stderr } = spawnSync(join(home, 'dist/teu'), command, { encoding: 'utf8' })
  console.log(`  ${(stdout + stderr).trim()}\n  exit status ${status}`)
  if (status !== 7) throw new Error(`dist/teu gave ${status}`)
}

await firstContainer()
await isolation()
await limits()
await mistakes()
await speed()
commandLine()
