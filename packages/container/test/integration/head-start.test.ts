/** The helper that the command line starts before it has compiled its plan. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { expect } from 'vitest'
import { inLab as it } from '../../../../tests/harness/in-lab.ts'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import type { Config } from '../../../../tests/harness/base-config.ts'
import { eventually } from '../../../../tests/harness/wait.ts'
import { Containers } from '../../src/containers.ts'

const children = (): string[] => {
  const pid = process.pid
  return readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
    .filter(Boolean)
}

/** Runs a program as the command line does. */
async function run(lab: Lab, args: readonly string[], change?: (config: Config) => void): Promise<number | undefined> {
  const id = lab.id()
  const containers = await Containers.open({ root: lab.root, helper: 'once' })
  const { exitCode } = await containers.run(id, { bundle: lab.bundle(args, change, id).dir, stdio: 'null' })
  return exitCode
}

describeIf('a run with a helper of its own', [needsRoot], () => {
  it('gives the program its own network, with a loopback device that is up', async (lab) => {
    const script = 'test "$(cat /sys/class/net/lo/flags)" = 0x9 && test "$(busybox readlink /proc/self/ns/net)" != "$0"'
    expect(await run(lab, ['/bin/sh', '-c', script, readlinkSync('/proc/self/ns/net')])).toBe(0)
  })

  it('leaves no process when there is no plan after all', async (lab) => {
    await eventually('the end of the helpers', () => children().length === 0 || undefined)
    const refused = run(lab, ['/bin/true'], (config) => (config.linux.sysctl = { 'net.ipv4.ip_forward': '1', 'vm.swappiness': '1' }))
    await expect(refused).rejects.toMatchObject({ code: 'ERR_TEU_CONFIG_INVALID' })
    expect(children()).toEqual([])
    expect(readdirSync(lab.root)).toEqual([])
  })

  it('takes another one for a plan that is too large to be sent', async (lab) => {
    const status = await run(lab, ['/bin/sh', '-c', 'test ${#LARGE} = 70000'], (config) => {
      config.process.env = [...(config.process.env ?? []), `LARGE=${'x'.repeat(70_000)}`]
    })
    expect(status).toBe(0)
    // The helper sends its last word before it ends.
    await eventually('the end of the helpers', () => children().length === 0 || undefined)
  })

  it('fails like any other', async (lab) => {
    await expect(run(lab, ['/no/such/program'])).rejects.toMatchObject({ code: 'ERR_TEU_PROCESS_START' })
    expect(readdirSync(lab.root)).toEqual([])
  })
})
