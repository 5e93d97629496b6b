/** The words of a mount's `options`, and what each of them asks of the kernel. Pure. */

import {
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_RELATIME,
  MOUNT_ATTR_STRICTATIME,
  MS_PRIVATE,
  MS_SHARED,
  MS_SLAVE,
  MS_UNBINDABLE,
} from './kernel-flags.ts'
import { configError } from './config-error.ts'

/** A change of mount attributes in the terms of mount_setattr(2): bits to set, bits to clear. */
export interface AttributeChange {
  readonly set: number
  readonly clear: number
}

/** A change of propagation type; several apply in order (`slave` then `shared` is a mount that is both). */
export interface PropagationChange {
  readonly propagation: number
  readonly recursive: boolean
}

/** What the options of one mount ask for. */
export interface MountOptions {
  /** `bind` or `rbind` is there. */
  readonly bind: boolean
  readonly recursiveBind: boolean
  /** For this mount. */
  readonly attributes: AttributeChange
  /** For this mount and everything below it (`rro` …). */
  readonly recursive: AttributeChange
  readonly propagation: readonly PropagationChange[]
  /** Flags of the file system, as fsconfig(2) takes them. */
  readonly superblock: readonly string[]
  /** Everything that is not in the table: `key=value` and flags of the file system. */
  readonly data: readonly string[]
  readonly readOnly: boolean
  readonly copyUp: boolean
  /** Map ids: this mount alone, or the whole tree. */
  readonly idMap: 'none' | 'single' | 'recursive'
}

type Word =
  | { readonly kind: 'attribute'; readonly attribute: number; readonly on: boolean }
  | { readonly kind: 'atime'; readonly value: number }
  | { readonly kind: 'propagation'; readonly type: number }
  | { readonly kind: 'superblock'; readonly neutral: boolean }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'bind' }
  | { readonly kind: 'copy-up' }
  | { readonly kind: 'id-map' }
  | { readonly kind: 'refused'; readonly why: string }

/** Words that set or clear one attribute; each exists with `r` in front for the whole tree. */
const ATTRIBUTE_WORDS: readonly (readonly [word: string, change: Word])[] = [
  ['ro', { kind: 'attribute', attribute: MOUNT_ATTR_RDONLY, on: true }],
  ['rw', { kind: 'attribute', attribute: MOUNT_ATTR_RDONLY, on: false }],
  ['nosuid', { kind: 'attribute', attribute: MOUNT_ATTR_NOSUID, on: true }],
  ['suid', { kind: 'attribute', attribute: MOUNT_ATTR_NOSUID, on: false }],
  ['nodev', { kind: 'attribute', attribute: MOUNT_ATTR_NODEV, on: true }],
  ['dev', { kind: 'attribute', attribute: MOUNT_ATTR_NODEV, on: false }],
  ['noexec', { kind: 'attribute', attribute: MOUNT_ATTR_NOEXEC, on: true }],
  ['exec', { kind: 'attribute', attribute: MOUNT_ATTR_NOEXEC, on: false }],
  ['nodiratime', { kind: 'attribute', attribute: MOUNT_ATTR_NODIRATIME, on: true }],
  ['diratime', { kind: 'attribute', attribute: MOUNT_ATTR_NODIRATIME, on: false }],
  ['nosymfollow', { kind: 'attribute', attribute: MOUNT_ATTR_NOSYMFOLLOW, on: true }],
  ['symfollow', { kind: 'attribute', attribute: MOUNT_ATTR_NOSYMFOLLOW, on: false }],
  ['noatime', { kind: 'atime', value: MOUNT_ATTR_NOATIME }],
  ['strictatime', { kind: 'atime', value: MOUNT_ATTR_STRICTATIME }],
  // Everything else leads back to what the kernel does when it is told nothing, which is relatime.
  ['atime', { kind: 'atime', value: MOUNT_ATTR_RELATIME }],
  ['relatime', { kind: 'atime', value: MOUNT_ATTR_RELATIME }],
  ['norelatime', { kind: 'atime', value: MOUNT_ATTR_RELATIME }],
  ['nostrictatime', { kind: 'atime', value: MOUNT_ATTR_RELATIME }],
]

const PROPAGATION_WORDS: readonly (readonly [word: string, type: number])[] = [
  ['private', MS_PRIVATE],
  ['slave', MS_SLAVE],
  ['shared', MS_SHARED],
  ['unbindable', MS_UNBINDABLE],
]

const PLAIN_WORDS: readonly (readonly [word: string, meaning: Word])[] = [
  ['bind', { kind: 'bind' }],
  ['defaults', { kind: 'ignored' }],
  ['silent', { kind: 'ignored' }],
  ['loud', { kind: 'ignored' }],
  ['sync', { kind: 'superblock', neutral: false }],
  ['async', { kind: 'superblock', neutral: true }],
  ['dirsync', { kind: 'superblock', neutral: false }],
  ['lazytime', { kind: 'superblock', neutral: false }],
  ['nolazytime', { kind: 'superblock', neutral: true }],
  ['mand', { kind: 'superblock', neutral: false }],
  ['nomand', { kind: 'superblock', neutral: true }],
  ['iversion', { kind: 'superblock', neutral: false }],
  ['noiversion', { kind: 'superblock', neutral: true }],
  ['tmpcopyup', { kind: 'copy-up' }],
  ['idmap', { kind: 'id-map' }],
  ['remount', { kind: 'refused', why: 'every mount of a container is new, there is nothing to remount' }],
]

interface Meaning {
  readonly word: Word
  readonly recursive: boolean
}

const WORDS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...PLAIN_WORDS.map(([name, word]): [string, Meaning] => [name, { word, recursive: false }]),
  ...(['rbind', 'ridmap'] as const).map((name): [string, Meaning] => [
    name,
    { word: { kind: name === 'rbind' ? 'bind' : 'id-map' }, recursive: true },
  ]),
  ...[...ATTRIBUTE_WORDS, ...PROPAGATION_WORDS.map(([name, type]) => [name, { kind: 'propagation', type }] as const)].flatMap(
    ([name, word]): [string, Meaning][] => [
      [name, { word, recursive: false }],
      [`r${name}`, { word, recursive: true }],
    ],
  ),
])

/** Every option word that has a meaning of its own (for `features`), sorted. Other words go to the file system. */
export const MOUNT_OPTION_WORDS: readonly string[] = [...WORDS.keys()].filter((name) => name !== 'remount').sort()

/** Collects attribute words; of contradicting ones the last wins, as with mount(8). */
class Attributes {
  set = 0
  clear = 0

  apply(word: Word): void {
    if (word.kind === 'attribute') {
      this.set = word.on ? this.set | word.attribute : this.set & ~word.attribute
      this.clear = word.on ? this.clear & ~word.attribute : this.clear | word.attribute
    } else if (word.kind === 'atime') {
      // The kernel wants the whole field cleared whenever it is set.
      this.clear |= MOUNT_ATTR__ATIME
      this.set = (this.set & ~MOUNT_ATTR__ATIME) | word.value
    }
  }
}

/** Sorts option words by what they ask for.
 *  @param forceBind  the mount's type is `bind`: it is a bind mount also without the word
 *  @param pointer    of the mount, `/mounts/3`
 *  @throws {TeuError} ERR_TEU_CONFIG_INVALID for words that have no meaning on a bind mount (they are never handed on as data), and
 *  for `remount`
 *  @see runtime-spec config.md "Linux mount options"; mount_setattr(2) */
export function parseMountOptions(words: readonly string[], forceBind: boolean, pointer: string): MountOptions {
  const attributes = new Attributes()
  const recursive = new Attributes()
  const propagation: PropagationChange[] = []
  const superblock: string[] = []
  const data: string[] = []
  let bind = forceBind
  let recursiveBind = false
  let copyUp = false
  let idMap = 'none' as MountOptions['idMap']
  const isBind = forceBind || words.includes('bind') || words.includes('rbind')

  for (const [index, name] of words.entries()) {
    if (name === '') continue
    const at = `${pointer}/options/${index}`
    const meaning = WORDS.get(name)
    if (meaning === undefined) {
      if (isBind) throw unknownOnBind(name, at)
      data.push(...splitData(name))
      continue
    }
    const { word } = meaning
    switch (word.kind) {
      case 'attribute':
      case 'atime':
        ;(meaning.recursive ? recursive : attributes).apply(word)
        break
      case 'propagation':
        propagation.push({ propagation: word.type, recursive: meaning.recursive })
        break
      case 'superblock':
        if (isBind && !word.neutral) throw unknownOnBind(name, at)
        if (!isBind) superblock.push(name)
        break
      case 'bind':
        bind = true
        recursiveBind ||= meaning.recursive
        break
      case 'copy-up':
        if (isBind) throw unknownOnBind(name, at)
        copyUp = true
        break
      case 'id-map':
        idMap = meaning.recursive || idMap === 'recursive' ? 'recursive' : 'single'
        break
      case 'refused':
        throw configError(at, `"${name}" is not possible: ${word.why}`)
      case 'ignored':
        break
    }
  }
  return {
    bind,
    recursiveBind,
    attributes: { set: attributes.set, clear: attributes.clear },
    recursive: { set: recursive.set, clear: recursive.clear },
    propagation,
    superblock,
    data,
    readOnly: (attributes.set & MOUNT_ATTR_RDONLY) !== 0,
    copyUp,
    idMap,
  }
}

function unknownOnBind(name: string, pointer: string): ReturnType<typeof configError> {
  return configError(pointer, `"${name}" has no meaning for a bind mount, which shares the file system of its source`, {
    remedy: 'Remove the option, or give the mount a file system type and no "bind" or "rbind"',
  })
}

/** Options that were joined by commas become single ones. A comma in double quotes, or after a backslash (overlay), stays. */
function splitData(option: string): string[] {
  if (!option.includes(',')) return [unquoteLabel(option)]
  const parts = option.match(/(?:\\.|"[^"]*"|[^,\\"]|["\\])+/g) ?? []
  return parts.map(unquoteLabel)
}

/** mount(8) needs quotes around an SELinux context because of its commas; fsconfig(2) takes the bare text. */
function unquoteLabel(option: string): string {
  return option.replace(/^((?:|fs|def|root)context)="(.*)"$/, '$1=$2')
}
