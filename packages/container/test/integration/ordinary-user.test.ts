/** Containers of an ordinary user with subordinate ids in several ranges, which newuidmap and newgidmap map. The user, and his ranges, exist
 *  in a mount namespace of the test only. */

import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Config } from '../../../../tests/harness/base-config.ts'
import { type Bundle, giveTree } from '../../../../tests/harness/bundle.ts'
import { inLab as it } from '../../../../tests/harness/in-lab.ts'
import type { Lab, Result } from '../../../../tests/harness/lab.ts'
import { describeIf, needsPrograms } from '../../../../tests/harness/requirements.ts'
import { runtimePath, runtimeRequirements } from '../../../../tests/harness/runtime.ts'

const ID = 4242
const RANGES = [
  { containerID: 0, hostID: ID, size: 1 },
  { containerID: 1, hostID: 500_000, size: 1000 },
  { containerID: 1001, hostID: 700_000, size: 64_536 },
]
const GRANTED = 'teutest:500000:1000\nteutest:700000:64536\n'

/** Bound over the machine's files; whoever reads them in this namespace, set-user-id programs too, finds the user. */
const AS_USER = `
for name in passwd group subuid subgid; do mount --bind "$1/$name" "/etc/$name" || exit 9; done
mount --bind "$2" "$1/runtime" || exit 9
dir=$1; shift 2
exec setpriv --reuid=${ID} --regid=${ID} --clear-groups "$dir/runtime" --root "$dir/own" "$@"
`

/** Runs commands of the runtime as the user. */
function userOf(lab: Lab): (...args: string[]) => Promise<Result> {
  writeFileSync(lab.path('passwd'), `${readFileSync('/etc/passwd', 'utf8')}teutest:x:${ID}:${ID}::/:/bin/sh\n`)
  writeFileSync(lab.path('group'), `${readFileSync('/etc/group', 'utf8')}teutest:x:${ID}:\n`)
  for (const name of ['subuid', 'subgid']) writeFileSync(lab.path(name), GRANTED)
  writeFileSync(lab.path('runtime'), '')
  mkdirSync(lab.path('own'), { mode: 0o700 })
  chownSync(lab.path('own'), ID, ID)
  const line = ['unshare', '-m', '--propagation', 'private', 'sh', '-c', AS_USER, 'sh', lab.dir, runtimePath]
  return (...args) => lab.command([...line, ...args])
}

/** A bundle that belongs to the user. */
function ownBundle(lab: Lab, args: readonly string[], change?: (config: Config) => void): Bundle {
  const bundle = lab.bundle(args, (config) => {
    config.linux.namespaces = [...(config.linux.namespaces ?? []), { type: 'user' }]
    config.linux.uidMappings = [...RANGES]
    config.linux.gidMappings = [...RANGES]
    delete config.linux.cgroupsPath
    delete config.linux.resources
    config.mounts = config.mounts.filter(({ type }) => type !== 'cgroup')
    change?.(config)
  })
  giveTree(bundle.dir, ID, ID)
  return bundle
}

const programs = needsPrograms('unshare', 'setpriv', 'newuidmap', 'newgidmap')

describeIf('an ordinary user with ranges of ids', [...runtimeRequirements, programs], () => {
  it('maps them all, and can be any of them', async (lab) => {
    const user = userOf(lab)
    const bundle = ownBundle(lab, ['/probe', 'ids'], (config) => {
      config.process.user = { uid: 1500, gid: 1600, additionalGids: [5, 2000] }
    })
    const { status, stdout, stderr } = await user('run', '--bundle', bundle.dir, lab.id())
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(JSON.parse(stdout)).toMatchObject({ uid: [1500, 1500, 1500, 1500], gid: [1600, 1600, 1600, 1600], groups: [5, 2000] })
    const maps = await user('run', '--bundle', ownBundle(lab, ['/bin/cat', '/proc/self/uid_map', '/proc/self/gid_map']).dir, lab.id())
    const lines = RANGES.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}`)
    const seen = maps.stdout.trim().split('\n')
    expect(seen.map((line) => line.trim().split(/\s+/).join(' '))).toEqual([...lines, ...lines])
  })

  it('takes a container through its life, with processes of several users in it', async (lab) => {
    const user = userOf(lab)
    const id = lab.id()
    expect(await user('create', '--bundle', ownBundle(lab, ['/bin/sleep', '1000']).dir, id)).toMatchObject({ status: 0, stderr: '' })
    expect(await user('start', id)).toMatchObject({ status: 0, stderr: '' })
    const other = await user('exec', '--user', '1002:7', '--additional-gids', '9', id, '/probe', 'ids')
    expect(JSON.parse(other.stdout)).toMatchObject({ uid: [1002, 1002, 1002, 1002], gid: [7, 7, 7, 7], groups: [7, 9].slice(1) })
    const unmapped = await user('exec', '--user', '70000', id, '/probe', 'ids')
    expect(unmapped.status).toBe(255)
    expect(unmapped.stderr).toContain('process.user.uid: 70000 is not in linux.uidMappings')
    expect(await user('kill', id, 'KILL')).toMatchObject({ status: 0, stderr: '' })
    expect(await user('delete', '--force', id)).toMatchObject({ status: 0, stderr: '' })
    expect((await user('list', '--quiet')).stdout).toBe('')
  })

  it('says which range is not theirs, and leaves nothing', async (lab) => {
    const user = userOf(lab)
    const bundle = ownBundle(lab, ['/bin/true'], (config) => {
      config.linux.uidMappings = [...RANGES.slice(0, 2), { containerID: 1001, hostID: 800_000, size: 64_536 }]
    })
    const { status, stderr } = await user('run', '--bundle', bundle.dir, lab.id())
    expect(status).toBe(1)
    expect(stderr).toContain('code=ERR_TEU_ROOTLESS')
    expect(stderr).toContain('Cannot map these ids: newuidmap exited with status 1')
    expect(stderr).toContain('[800000-864536) not allowed')
    expect(stderr).toContain('/etc/subuid')
    expect((await user('list', '--quiet')).stdout).toBe('')
    expect(readFileSync(join(lab.dir, 'subuid'), 'utf8')).toBe(GRANTED)
  })
})
