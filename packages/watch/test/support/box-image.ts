/** A tiny image of a static busybox, as an archive that any engine takes. */

import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { makeBusyboxRoot } from './driven-engine.ts'

const OCI = 'application/vnd.oci.image'

/** The root file system of the image, as a tar file. */
export async function boxRootfs(lab: Lab): Promise<string> {
  const root = lab.path('image')
  makeBusyboxRoot(root)
  return await tar(lab, root, 'image.tar')
}

/** An archive with an OCI layout of that image, whose program sleeps. */
export async function boxArchive(lab: Lab, name: string): Promise<string> {
  const layout = lab.path('layout')
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true })
  const blob = (bytes: Buffer, mediaType: string): { mediaType: string; digest: string; size: number } => {
    const hex = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(join(layout, 'blobs/sha256', hex), bytes)
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
  }
  const json = (document: object, type: string): ReturnType<typeof blob> => blob(Buffer.from(JSON.stringify(document)), `${OCI}.${type}`)
  const layer = blob(readFileSync(await boxRootfs(lab)), `${OCI}.layer.v1.tar`)
  const platform = { architecture: process.arch === 'arm64' ? 'arm64' : 'amd64', os: 'linux' }
  const rootfs = { type: 'layers', diff_ids: [layer.digest] }
  const config = json({ ...platform, config: { Cmd: ['/bin/sleep', '1000000'] }, rootfs }, 'config.v1+json')
  const manifest = json({ schemaVersion: 2, mediaType: `${OCI}.manifest.v1+json`, config, layers: [layer] }, 'manifest.v1+json')
  const named = { ...manifest, platform, annotations: { 'io.containerd.image.name': name } }
  writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }))
  return await tar(lab, layout, 'layout.tar')
}

async function tar(lab: Lab, dir: string, name: string): Promise<string> {
  const file = lab.path(name)
  const { status, stderr } = await lab.command(['tar', '-C', dir, '-cf', file, '.'])
  if (status !== 0) throw new Error(stderr)
  return file
}
