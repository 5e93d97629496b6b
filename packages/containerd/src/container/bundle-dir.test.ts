import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundlePath, makeBundleDir, removeBundleDir, rootOwner } from './bundle-dir.ts'

test('bundlePath() believes the label, ours before that of dockerd', () => {
  expect(bundlePath('/run/x', 'a')).toBe('/run/x/a')
  expect(bundlePath('/run/x', 'a', { 'com.docker/engine.bundle.path': '/d' })).toBe('/d')
  expect(bundlePath('/run/x', 'a', { 'com.docker/engine.bundle.path': '/d', 'dev.teu/bundle': '/t' })).toBe('/t')
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

test('makeBundleDir() makes what is missing', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'teu-bundle-'))
  try {
    expect(await makeBundleDir(join(dir, 'a/b'), { hostUid: 0, hostGid: 0 })).toBe(join(dir, 'a/b'))
    expect(statSync(join(dir, 'a/b')).isDirectory()).toBe(true)
    // mkdtemp's own directory is closed to others, so that it gets the owner's name already.
    const owner = { hostUid: process.getuid?.() ?? 0, hostGid: process.getgid?.() ?? 0 }
    if (owner.hostUid !== 0) return
    const mapped = await makeBundleDir(join(dir, 'a/c'), { hostUid: 0, hostGid: 7 })
    expect(mapped).toBe(`${dir}.0.7/a.0.7/c.0.7`)
    expect(statSync(mapped)).toMatchObject({ gid: 7 })
    expect(existsSync(join(dir, 'a/c'))).toBe(false)
    rmSync(`${dir}.0.7`, { recursive: true })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

test('removeBundleDir() removes FIFOs of ours, and a directory that is empty then', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'teu-bundle-'))
  try {
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
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
