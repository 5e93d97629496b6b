import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMountinfo, unescapeMountField } from './mountinfo.ts'

/** What the kernel does to the fields (seq_path, mangle): octal escapes for blank, tab, newline and backslash. */
function escape(text: string): string {
  return text.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
}

describe('parseMountinfo()', () => {
  it('reads every field of a line', () => {
    const text = '36 35 98:0 /mnt1 /mnt2 rw,noatime shared:1 master:2 - ext3 /dev/root rw,errors=continue\n'
    expect(parseMountinfo(text)).toEqual([
      {
        id: 36,
        parentId: 35,
        device: '98:0',
        root: '/mnt1',
        mountPoint: '/mnt2',
        options: 'rw,noatime',
        propagation: ['shared:1', 'master:2'],
        type: 'ext3',
        source: '/dev/root',
        superOptions: 'rw,errors=continue',
      },
    ])
  })

  it('reads a line without propagation, and one with an empty source', () => {
    const text = '22 27 0:21 / /proc rw - proc proc rw\n23 27 0:22 / /sys rw - sysfs  rw\n'
    expect(parseMountinfo(text).map(({ mountPoint, source, superOptions }) => [mountPoint, source, superOptions])).toEqual([
      ['/proc', 'proc', 'rw'],
      ['/sys', '', 'rw'],
    ])
  })

  it('unescapes blanks, newlines and backslashes in paths', () => {
    const text = '1 0 0:1 / /a\\040b\\012c\\134d - \n'
    expect(() => parseMountinfo(text)).toThrow('line 1')
    expect(parseMountinfo('1 0 0:1 / /a\\040b\\012c\\134d rw - tmpfs none rw\n')[0]?.mountPoint).toBe('/a b\nc\\d')
    expect(unescapeMountField('\\1234')).toBe('S4')
    expect(unescapeMountField('\\9')).toBe('\\9')
  })

  it('decodes only the wanted types', () => {
    const text = '1 0 0:1 / /a rw - cgroup cgroup rw,cpu\n2 0 0:2 / /b rw - tmpfs none rw\n3 0 0:3 / /c rw - cgroup2 none rw\n'
    expect(parseMountinfo(text, ['cgroup', 'cgroup2']).map(({ id }) => id)).toEqual([1, 3])
  })

  it('names the line that is not in the format', () => {
    expect(() => parseMountinfo('1 0 0:1 / /a rw - tmpfs none rw\nnonsense\n')).toThrow('Cannot read mountinfo: line 2')
  })

  it('gives back what the kernel escaped', () => {
    const name = fc.string({ minLength: 1, maxLength: 30 }).map((text) => text.replaceAll('\0', 'x'))
    const field = fc.string({ minLength: 1, maxLength: 12 }).map((text) => text.replace(/[^\x21-\x7e]|-/g, 'x'))
    const mount = fc.record({
      id: fc.nat(),
      parentId: fc.nat(),
      device: fc.tuple(fc.nat(255), fc.nat(255)).map((numbers) => numbers.join(':')),
      root: name.map((text) => `/${text}`),
      mountPoint: name.map((text) => `/${text}`),
      options: field.map((text) => text.replaceAll('\\', 'x')),
      propagation: fc.array(fc.nat(99).map((group) => `shared:${group}`)),
      type: field,
      source: name,
      superOptions: name,
    })
    fc.assert(
      fc.property(fc.array(mount, { maxLength: 5 }), (mounts) => {
        const text = mounts
          .map((entry) =>
            [
              `${entry.id} ${entry.parentId} ${entry.device} ${escape(entry.root)} ${escape(entry.mountPoint)} ${entry.options}`,
              ...entry.propagation,
              `- ${escape(entry.type)} ${escape(entry.source)} ${escape(entry.superOptions)}`,
            ].join(' '),
          )
          .map((line) => `${line}\n`)
          .join('')
        expect(parseMountinfo(text)).toEqual(mounts)
      }),
      { seed: 1, numRuns: 500 },
    )
  })

  it('never fails in another way than with a TeuError', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        try {
          parseMountinfo(text)
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_TEU_SYSTEM' })
        }
      }),
      { seed: 2, numRuns: 2000 },
    )
  })
})
