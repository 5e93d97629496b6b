/** A program in a container cannot reach the cgroups of others, in the hierarchies that it has none of its own in either (cgroup v1). */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { baseConfig } from '../../../../tests/harness/base-config.ts'
import { makeRootfs } from '../../../../tests/harness/bundle.ts'
import { describeIf, needsRoot } from '../../../../tests/harness/requirements.ts'
import { Containers } from '../../src/containers.ts'
import { sharedSpawner } from '../../src/helper/spawner.ts'

/** Mounts the pids hierarchy as its own cgroup namespace sees it, and writes 1 to the file that is named. */
const PROBE = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>
int main(int count, char **args) {
  if (count < 2 || unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWCGROUP) < 0) return 90;
  if (mount("none", "/tmp", "cgroup", 0, "pids") < 0) return 91;
  int fd = open(args[1], O_WRONLY);
  if (fd < 0) return access(args[1], F_OK) == 0 ? 3 : 0;
  return write(fd, "1", 1) == 1 ? 4 : 3;
}
`

let directory = ''
let containers: Containers
const victim = `cgroup-view-${process.pid}`
const limit = `/sys/fs/cgroup/pids/teu-${victim}/pids.max`

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'teu-cgroup-view-'))
  makeRootfs(`${directory}/rootfs`)
  writeFileSync(`${directory}/probe.c`, PROBE)
  execFileSync('gcc', ['-static', '-o', `${directory}/rootfs/bin/probe`, `${directory}/probe.c`])
  containers = await Containers.open({ root: `${directory}/state` })
})
afterAll(async () => {
  await sharedSpawner().close()
  rmSync(directory, { recursive: true })
})

describeIf('the cgroups that a container can reach', [needsRoot], () => {
  it.skipIf(!existsSync('/sys/fs/cgroup/pids'))('are not those of others', async () => {
    const { cgroupsPath: _default, ...linux } = baseConfig([], '').linux
    const spec = (args: string[], pids?: number) => ({
      ...baseConfig(args, ''),
      linux: { ...linux, resources: { ...linux.resources, ...(pids !== undefined && { pids: { limit: pids } }) } },
    })
    const other = await containers.create(victim, { bundle: directory, spec: spec(['/bin/sleep', '60'], 5), stdio: 'null' })
    try {
      const probe = ['/bin/probe', `/tmp/teu-${victim}/pids.max`]
      const report = await containers.run(`${victim}-probe`, { bundle: directory, spec: spec(probe), stdio: 'null' })
      expect(readFileSync(limit, 'utf8')).toBe('5\n')
      expect(report.exitCode).toBe(0)
    } finally {
      await other.destroy({ force: true })
    }
  })
})
