import { expect } from 'vitest'
import { needsAppArmor, withProfile } from '../harness/apparmor.ts'
import type { Lab } from '../harness/lab.ts'
import { withUserNamespace } from '../harness/user-namespace.ts'
import { type Conforms, group } from './conforms.ts'

const FACTS = ['read', '/proc/self/attr/current', '--', 'open', '/etc/passwd']
const DENIED = ['deny /etc/passwd r,']

/** Label of a process, and how it could read /etc/passwd. */
function confinement(output: string): { label: string; reading: string } {
  const [read, open] = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as [{ content?: string; error?: string; read?: string }])
  return { label: (read?.[0].content ?? read?.[0].error ?? '').trimEnd(), reading: open?.[0].read ?? '' }
}

group('AppArmor', (group) => {
  const conforms = (name: string, test: (lab: Lab) => Promise<void>): ReturnType<Conforms> => group(name, test, { requires: needsAppArmor })

  for (const noNewPrivileges of [true, false]) {
    conforms(`a profile is in force from the first program on, ${noNewPrivileges ? 'without' : 'with'} new privileges`, (lab) =>
      withProfile(lab, DENIED, async (profile) => {
        const result = await lab.run(['/probe', ...FACTS], (config) => {
          config.process.apparmorProfile = profile
          config.process.noNewPrivileges = noNewPrivileges
        })
        expect(result).toMatchObject({ status: 0, stderr: '' })
        expect(confinement(result.stdout)).toEqual({ label: `${profile} (enforce)`, reading: 'EACCES' })
      }),
    )
  }

  conforms('a user other than root is confined too', (lab) =>
    withProfile(lab, DENIED, async (profile) => {
      const result = await lab.run(['/probe', ...FACTS], (config) => {
        config.process.apparmorProfile = profile
        config.process.user = { uid: 1000, gid: 1000 }
        config.process.capabilities = {}
      })
      expect(confinement(result.stdout)).toEqual({ label: `${profile} (enforce)`, reading: 'EACCES' })
    }),
  )

  conforms('so is root of a user namespace, and what is executed there', (lab) =>
    withProfile(lab, DENIED, async (profile) => {
      const box = await lab.start(['/bin/sh', '-c', `/probe ${FACTS.join(' ')}; exec sleep 1000`], (config, { rootfs }) => {
        config.process.apparmorProfile = profile
        withUserNamespace(config, rootfs)
      })
      const expected = { label: `${profile} (enforce)`, reading: 'EACCES' }
      expect(confinement(await lab.output(box, 2))).toEqual(expected)
      expect(confinement((await lab.runtime(['exec', box.id, '/probe', ...FACTS])).stdout)).toEqual(expected)
      await lab.ok('delete', '--force', box.id)
    }),
  )

  conforms('without a profile a program is unconfined', async (lab) => {
    for (const profile of [undefined, '', 'unconfined']) {
      const result = await lab.run(['/probe', ...FACTS], (config) => {
        if (profile !== undefined) config.process.apparmorProfile = profile
      })
      expect(confinement(result.stdout)).toEqual({ label: 'unconfined', reading: 'ok' })
    }
  })

  conforms('exec has the profile of the container, --apparmor another one', (lab) =>
    withProfile(lab, DENIED, (profile) =>
      withProfile(lab, [], async (other) => {
        const box = await lab.start(undefined, (config) => (config.process.apparmorProfile = profile))
        const same = await lab.runtime(['exec', box.id, '/probe', ...FACTS])
        expect(confinement(same.stdout)).toEqual({ label: `${profile} (enforce)`, reading: 'EACCES' })
        const changed = await lab.runtime(['exec', '--apparmor', other, box.id, '/probe', ...FACTS])
        expect(confinement(changed.stdout)).toEqual({ label: `${other} (enforce)`, reading: 'ok' })
        await lab.ok('delete', '--force', box.id)
      }),
    ),
  )

  conforms('a profile that is not loaded is an error, and nothing has run', async (lab) => {
    const result = await lab.run(['/bin/echo', 'ran'], (config) => (config.process.apparmorProfile = `${lab.mark}-none`))
    expect(result.status).not.toBe(0)
    expect(result.stdout).toBe('')
    expect(result.stderr).toMatch(/apparmor/i)
  })
})
