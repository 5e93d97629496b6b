import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { beProcess1, namespaceProcess } from '../testing/made-up-proc.ts'
import { PidNamespaces } from './pid-namespaces.ts'

const ENGINE = 40

let dir = ''
let namespaces: PidNamespaces

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'teu-pid-'))
  namespaceProcess(dir, '1', [1], 0)
  namespaceProcess(dir, '2', [30, 1], 1)
  namespaceProcess(dir, '2', [ENGINE, 11], 30)
  beProcess1(dir)
  namespaces = new PidNamespaces(join(dir, 'proc'))
})

afterEach(() => rmSync(dir, { recursive: true }))

it('tells who is in another namespace; nobody who is gone, or is not known', () => {
  expect([ENGINE, 1, 41, 0, -1].map((pid) => namespaces.isElsewhere(pid))).toEqual([true, false, false, false, false])
})

it('translates the number of a container, whose process has one in its own namespace too', async () => {
  namespaceProcess(dir, '2', [50, 22], 30)
  namespaceProcess(dir, '3', [51, 23, 1], 50)
  expect(await namespaces.translate(23, ENGINE)).toBe(51)
  expect(await namespaces.translate(22, ENGINE)).toBe(50)
  expect(await namespaces.translate(1, ENGINE)).toBe(30)
  expect(await namespaces.translate(24, ENGINE)).toBeUndefined()
})

it('takes no process for it that has the number in a namespace beside or below', async () => {
  namespaceProcess(dir, '4', [60, 77], 1)
  namespaceProcess(dir, '5', [61, 78, 77], 60)
  namespaceProcess(dir, '3', [62, 23, 77], 30)
  expect(await namespaces.translate(77, ENGINE)).toBeUndefined()
  expect(await namespaces.translate(78, ENGINE)).toBeUndefined()
})

it('translates nothing for an engine that is gone, or here', async () => {
  expect(await namespaces.translate(1, 41)).toBeUndefined()
  expect(await namespaces.translate(1, 1)).toBeUndefined()
})

it('survives processes that are each other’s parents, and files that are no status', async () => {
  namespaceProcess(dir, '4', [70, 80], 71)
  namespaceProcess(dir, '4', [71, 81], 70)
  namespaceProcess(dir, '4', [72, 82], 30)
  writeFileSync(join(dir, 'proc/72/status'), 'PPid:\tx\n')
  expect(await namespaces.translate(80, ENGINE)).toBeUndefined()
  expect(await namespaces.translate(82, ENGINE)).toBeUndefined()
})
