/** Images, layouts and archives that tests put together by hand. */

import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pack, type Header } from 'tar-stream'
import type { Descriptor } from '../image/document/descriptor.ts'

/** One entry of a tar file: a header, and content for a file. */
export type TarEntry = readonly [header: Partial<Header>, content?: string | Uint8Array]

/** A tar file in memory. */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const packer = pack()
  for (const [header, content] of entries) packer.entry({ mtime: new Date(0), name: '', ...header }, Buffer.from(content ?? ''))
  packer.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of packer as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The digest of some bytes. */
export const sha256 = (bytes: Uint8Array | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** What a test says of an image. */
export interface ImageRecipe {
  /** Tar files, the lowest first. */
  readonly layers: readonly Buffer[]
  /** `config` of the config. */
  readonly run?: object
  readonly architecture?: string
  readonly variant?: string
  /** How layers are packed; default gzip. */
  readonly compress?: (layer: Buffer) => { readonly bytes: Buffer; readonly mediaType: string }
}

export const LAYER = 'application/vnd.oci.image.layer.v1.tar'

export const gzipped = (layer: Buffer): { bytes: Buffer; mediaType: string } => ({ bytes: gzipSync(layer), mediaType: `${LAYER}+gzip` })
export const uncompressed = (layer: Buffer): { bytes: Buffer; mediaType: string } => ({ bytes: layer, mediaType: LAYER })

/** An OCI layout that grows in memory. */
export class Layout {
  readonly blobs: Map<string, Buffer> = new Map()
  readonly top: Descriptor[] = []

  /** Adds a blob. */
  blob(bytes: Buffer, mediaType: string): Descriptor {
    const digest = sha256(bytes)
    this.blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }

  /** Adds a document. */
  json(document: object, mediaType: string): Descriptor {
    return this.blob(Buffer.from(JSON.stringify(document)), mediaType)
  }

  /** Adds an image and resolves with its manifest. */
  image({ layers, run = {}, architecture = hostArchitecture(), variant, compress = gzipped }: ImageRecipe): Descriptor {
    const platform = { architecture, os: 'linux', ...(variant === undefined ? {} : { variant }) }
    const rootfs = { type: 'layers', diff_ids: layers.map((layer) => sha256(layer)) }
    const config = this.json({ ...platform, config: run, rootfs }, 'application/vnd.oci.image.config.v1+json')
    const packed = layers.map((layer) => compress(layer)).map(({ bytes, mediaType }) => this.blob(bytes, mediaType))
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    return { ...this.json({ schemaVersion: 2, mediaType, config, layers: packed }, mediaType), platform }
  }

  /** Adds an index. */
  index(manifests: readonly Descriptor[]): Descriptor {
    const mediaType = 'application/vnd.oci.image.index.v1+json'
    return this.json({ schemaVersion: 2, mediaType, manifests }, mediaType)
  }

  /** Gives an image a name in index.json. */
  tag(target: Descriptor, name: string): this {
    this.top.push({ ...target, annotations: { 'io.containerd.image.name': name } })
    return this
  }

  /** All files by path. */
  files(): Map<string, Buffer> {
    const blobs = [...this.blobs].map(([digest, bytes]) => [`blobs/sha256/${digest.slice(7)}`, bytes] as const)
    return new Map([
      ['oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}')],
      ...blobs,
      ['index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: this.top }))],
    ])
  }

  /** As tar file. */
  archive(): Promise<Buffer> {
    return tarOf([...this.files()].map(([name, bytes]) => [{ name }, bytes]))
  }

  /** As directory. */
  write(directory: string): string {
    for (const [name, bytes] of this.files()) {
      mkdirSync(dirname(join(directory, name)), { recursive: true })
      writeFileSync(join(directory, name), bytes)
    }
    return directory
  }
}

/** An archive as `docker save` made them for years: a directory for each layer, equal layers as links. */
export async function dockerArchive(layers: readonly Buffer[], tags: readonly string[] | null, run: object = {}): Promise<Buffer> {
  const rootfs = { type: 'layers', diff_ids: layers.map((layer) => sha256(layer)) }
  const config = Buffer.from(JSON.stringify({ architecture: hostArchitecture(), os: 'linux', config: run, rootfs }))
  const configName = `${sha256(config).slice(7)}.json`
  const entries: TarEntry[] = []
  const paths = layers.map((layer, n) => {
    const first = layers.findIndex((other) => other.equals(layer))
    const path = `layer${n}/layer.tar`
    entries.push([{ name: `layer${n}/`, type: 'directory' }], [{ name: `layer${n}/VERSION` }, '1.0'])
    entries.push(first === n ? [{ name: path }, layer] : [{ name: path, type: 'symlink', linkname: `../layer${first}/layer.tar` }])
    return path
  })
  const manifest = [{ Config: configName, RepoTags: tags, Layers: paths }]
  return tarOf([...entries, [{ name: configName }, config], [{ name: 'manifest.json' }, JSON.stringify(manifest)]])
}

/** The machine's architecture as images call it. */
export const hostArchitecture = (): string => (process.arch === 'x64' ? 'amd64' : process.arch)
