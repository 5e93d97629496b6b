/** Platforms, and which image suits which machine. @see image-spec image-index.md "platform" */

import { TeuError } from '@teu/spec'
import type { JsonReader } from './json-reader.ts'

/** A kind of machine, in Go's words: `linux`, `amd64`. */
export interface Platform {
  readonly os: string
  readonly architecture: string
  /** Of the processor: `v7` of `arm`, `v3` of `amd64`. */
  readonly variant?: string
}

/** Node's names of architectures that Go calls otherwise. */
const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le', mipsel: 'mipsle' }
/** Other words for architectures. */
const ALIASES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  aarch64: 'arm64',
  i386: '386',
  armhf: 'arm',
  armel: 'arm',
}
const ARCHITECTURES: ReadonlySet<string> = new Set(['386', 'amd64', 'arm', 'arm64', 'loong64', 'mips64le', 'ppc64le', 'riscv64', 's390x'])
/** What an absent variant means. */
const BASE_VARIANT: Readonly<Record<string, string>> = { amd64: 'v1', arm64: 'v8', arm: 'v7' }

/** The machine of this process. */
export function hostPlatform(): Platform {
  const architecture = GO_ARCHITECTURES[process.arch] ?? process.arch
  return { os: process.platform, architecture }
}

/** Reads `linux/arm/v7`; also `arm64` or `arm/v7`, for Linux.
 *  @throws {TeuError} ERR_TEU_USAGE */
export function parsePlatform(text: string): Platform {
  const given = text.toLowerCase().split('/')
  const isShort = given.length < 3 && ARCHITECTURES.has(ALIASES[given[0] ?? ''] ?? given[0] ?? '')
  const parts = isShort ? ['linux', ...given] : given
  const [os = '', architecture = '', variant] = parts
  if (parts.length < 2 || parts.length > 3 || !parts.every((part) => /^\w[\w.-]*$/.test(part))) {
    throw new TeuError('ERR_TEU_USAGE', `expected a platform such as linux/amd64, got ${JSON.stringify(text)}`)
  }
  return { os, architecture: ALIASES[architecture] ?? architecture, ...(variant === undefined ? {} : { variant }) }
}

/** The text that {@link parsePlatform} reads. */
export function platformText({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/')
}

/** A platform in a document.
 *  @throws {TeuError} ERR_TEU_IMAGE_INVALID */
export function readPlatform(reader: JsonReader): Platform {
  const variant = reader.member('variant')
  return {
    os: reader.member('os').text(),
    architecture: reader.member('architecture').text(),
    ...(variant.isGiven && variant.text() !== '' ? { variant: variant.text() } : {}),
  }
}

/**
 * How well an image for `offered` runs on `wanted`: 0 is made for it, larger is worse, undefined does not run. Processors run programs for
 * older variants of their architecture, and 64-bit ones those of their 32-bit kin.
 */
export function platformRank(wanted: Platform, offered: Platform): number | undefined {
  if (wanted.os !== offered.os) return undefined
  const machine = wanted.architecture
  const older = variantNumber(wanted) - variantNumber(offered)
  if (machine === offered.architecture) {
    if (Number.isNaN(older)) return wanted.variant === offered.variant ? 0 : undefined
    return older < 0 ? undefined : older
  }
  if (machine === 'amd64' && offered.architecture === '386') return 100
  if (machine === 'arm64' && offered.architecture === 'arm')
    return variantNumber(offered) > 8 ? undefined : 100 + 8 - variantNumber(offered)
  return undefined
}

/** 7 for v7; NaN for architectures whose variants are in no order. */
function variantNumber({ architecture, variant }: Platform): number {
  const text = variant === undefined ? BASE_VARIANT[architecture] : variant
  return text === undefined ? 0 : Number(/^v?(\d+)(?:\.\d+)?$/.exec(text)?.[1] ?? Number.NaN)
}
