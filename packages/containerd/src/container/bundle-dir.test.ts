import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundlePath, makeBundleDir, removeBundleDir, rootOwner } from './bundle-dir.ts'

/** Runs a test with a directory of its own, ours. */
async function withDirectory(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'teu-bundle-'))
  try {
    await body(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

test('bundlePath() follows from the id alone', () => {
  expect(bundlePath('/run/x', 'a')).toBe('/run/x/a')
  expect(bundlePath('/run/y/../x/', 'a')).toBe('/run/x/a')
})

test.each([
  { namespaces: 5 },
  { namespaces: [null] },
  { namespaces: [{ type: 'user' }], uidMappings: 'x', gidMappings: [null] },
  { namespaces: [{ type: 'user' }], uidMappings: [{ containerID: 0, hostID: 'x' }], gidMappings: [{ containerID: 0, hostID: -1 }] },
])('rootOwner() is root for what is no config: %j', (linux) => {
  expect(rootOwner({ linux } as never)).toEqual({ hostUid: 0, hostGid: 0 })
})

test('rootOwner() is the host id of 0, where there is a user namespace', () => {
  const mappings = [
    { containerID: 1, hostID: 5, size: 1 },
    { containerID: 0, hostID: 1000, size: 1 },
  ]
  const linux = { uidMappings: mappings, gidMappings: [] }
  expect(rootOwner({ linux })).toEqual({ hostUid: 0, hostGid: 0 })
  expect(rootOwner({ linux: { ...linux, namespaces: [{ type: 'user' }] } })).toEqual({ hostUid: 1000, hostGid: 0 })
  expect(rootOwner(undefined)).toEqual({ hostUid: 0, hostGid: 0 })
})

test('makeBundleDir() makes what is missing, for us alone; others may pass the parents', () =>
  withDirectory(async (dir) => {
    expect(await makeBundleDir(join(dir, 'a/b/c'))).toBe(join(dir, 'a/b/c'))
    const mode = (name: string): number => statSync(join(dir, name)).mode & 0o7777
    expect([mode('a'), mode('a/b'), mode('a/b/c')]).toEqual([0o711, 0o711, 0o700])
    expect(await makeBundleDir(join(dir, 'a/b/c'))).toBe(join(dir, 'a/b/c'))
  }))

test('makeBundleDir() follows no link, and takes nothing but a directory', () =>
  withDirectory(async (dir) => {
    mkdirSync(join(dir, 'precious'))
    symlinkSync(join(dir, 'precious'), join(dir, 'link'))
    symlinkSync(join(dir, 'nothing'), join(dir, 'dangling'))
    writeFileSync(join(dir, 'file'), '')
    for (const name of ['link', 'dangling', 'file', 'link/below', 'file/below']) {
      await expect(makeBundleDir(join(dir, name))).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM' })
    }
    expect(readdirSync(dir).sort()).toEqual(['dangling', 'file', 'link', 'precious'])
    expect(readdirSync(join(dir, 'precious'))).toEqual([])
  }))

test('makeBundleDir() takes no directory that others may change', () =>
  withDirectory(async (dir) => {
    mkdirSync(join(dir, 'open'))
    chmodSync(join(dir, 'open'), 0o777)
    await expect(makeBundleDir(join(dir, 'open'))).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM', message: /everybody/ })
    await expect(makeBundleDir(join(dir, 'open/a'))).rejects.toMatchObject({ path: join(dir, 'open') })
    chmodSync(join(dir, 'open'), 0o1777)
    await makeBundleDir(join(dir, 'open/a'))
  }))

test.runIf(process.getuid?.() === 0)('makeBundleDir() takes no directory of another user', () =>
  withDirectory(async (dir) => {
    await makeBundleDir(join(dir, 'state/a'))
    execFileSync('chown', ['4711', join(dir, 'state/a')])
    await expect(makeBundleDir(join(dir, 'state/a'))).rejects.toMatchObject({ message: /belongs to user 4711/ })
    execFileSync('chown', ['4711', join(dir, 'state')])
    await expect(makeBundleDir(join(dir, 'state/b'))).rejects.toMatchObject({ path: join(dir, 'state') })
    expect(existsSync(join(dir, 'state/b'))).toBe(false)
  }),
)

test('makeBundleDir() rejects where no directories can be made, and does not hang', async () => {
  await expect(makeBundleDir('/proc/self/x/y/z')).rejects.toMatchObject({ code: 'ERR_TEU_SYSTEM', errno: 'ENOENT' })
})

test('removeBundleDir() removes FIFOs of ours, and a directory that is empty then', () =>
  withDirectory(async (dir) => {
    const bundle = join(dir, 'a')
    mkdirSync(join(bundle, 'tree'), { recursive: true })
    writeFileSync(join(bundle, 'file-stdin'), '')
    execFileSync('mkfifo', [join(bundle, 'init-stdout'), join(bundle, 'other')])
    await expect(removeBundleDir(bundle)).rejects.toMatchObject({ code: 'ENOTEMPTY' })
    expect(readdirSync(bundle).sort()).toEqual(['file-stdin', 'other', 'tree'])
    for (const name of readdirSync(bundle)) rmSync(join(bundle, name), { recursive: true })
    await removeBundleDir(bundle)
    expect(existsSync(bundle)).toBe(false)
    await removeBundleDir(bundle)
  }))

test('removeBundleDir() removes a link in its place, and not what it leads to', () =>
  withDirectory(async (dir) => {
    mkdirSync(join(dir, 'precious'))
    execFileSync('mkfifo', [join(dir, 'precious/init-stdout')])
    symlinkSync(join(dir, 'precious'), join(dir, 'a'))
    await removeBundleDir(join(dir, 'a'))
    expect(lstatSync(join(dir, 'a'), { throwIfNoEntry: false })).toBeUndefined()
    expect(readdirSync(join(dir, 'precious'))).toEqual(['init-stdout'])
  }))
