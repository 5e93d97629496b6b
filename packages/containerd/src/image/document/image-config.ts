/** The config of an image: what is in it and how it wants to be run. @see image-spec config.md */

import { isDigest } from './digest.ts'
import { type JsonReader, readJson } from './json-reader.ts'
import { MAX_LAYERS } from './limits.ts'
import { type Platform, readPlatform } from './platform.ts'

/** How an image wants to be run. */
export interface ImageRunConfig {
  /** `user`, `uid`, `user:group` …; empty is root. */
  readonly user: string
  /** `NAME=value`. */
  readonly env: readonly string[]
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  /** Empty is `/`. */
  readonly workingDir: string
  /** Name or number of the signal that asks the program to end. */
  readonly stopSignal?: string
  readonly labels: Readonly<Record<string, string>>
}

/** The config document. */
export interface ImageConfig extends ImageRunConfig {
  readonly platform: Platform
  /** Digests of the layers as they are unpacked, the lowest first. */
  readonly diffIds: readonly string[]
}

/** No list in a config is longer. */
const MAX_ENTRIES = 10_000

/** Parses a config of OCI or of docker.
 *  @throws {TeuError} ERR_TEU_IMAGE_INVALID */
export function parseImageConfig(bytes: Uint8Array, document: string): ImageConfig {
  const reader = readJson(bytes, document)
  const run = reader.member('config')
  const rootfs = reader.member('rootfs')
  const type = rootfs.member('type')
  if (type.text() !== 'layers') throw type.wrong('"layers"')
  const diffIds = rootfs.member('diff_ids')
  return {
    platform: readPlatform(reader),
    diffIds: diffIds.isGiven ? diffIds.list(MAX_LAYERS).map((entry) => readDiffId(entry)) : [],
    ...(run.isGiven ? readRunConfig(run) : { user: '', env: [], entrypoint: [], cmd: [], workingDir: '', labels: {} }),
  }
}

function readDiffId(reader: JsonReader): string {
  if (!isDigest(reader.text())) throw reader.wrong('a digest such as sha256:…')
  return reader.text()
}

function readRunConfig(reader: JsonReader): ImageRunConfig {
  const text = (key: string): string => (reader.member(key).isGiven ? reader.member(key).text() : '')
  const texts = (key: string): string[] => (reader.member(key).isGiven ? reader.member(key).texts(MAX_ENTRIES) : [])
  const labels = reader.member('Labels')
  const stopSignal = text('StopSignal')
  return {
    user: text('User'),
    env: texts('Env'),
    entrypoint: texts('Entrypoint'),
    cmd: texts('Cmd'),
    workingDir: text('WorkingDir'),
    labels: labels.isGiven ? labels.textMap() : {},
    ...(stopSignal === '' ? {} : { stopSignal }),
  }
}
