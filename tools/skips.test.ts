import { describe, expect, it } from 'vitest'
import { skippedGroups } from './skips.ts'

describe('skippedGroups()', () => {
  it('names a group once, with its reason and the number of its tests, and single tests by themselves', () => {
    const test = (status: string, ...titles: string[]) => ({ status, ancestorTitles: titles.slice(0, -1), title: titles.at(-1) ?? '' })
    const tests = [
      test('passed', 'box', 'runs'),
      test('skipped', 'unit (skipped: needs systemd)', 'starts'),
      test('skipped', 'unit (skipped: needs systemd)', 'stops'),
      test('pending', 'rules', 'one (needs cgroup v1)'),
      test('skipped', 'rules', 'two'),
      test('failed', 'rules', 'three'),
    ]
    expect(skippedGroups(tests)).toEqual(['unit (skipped: needs systemd): 2 tests', 'rules > one (needs cgroup v1)', 'rules > two'])
  })
})
