/** The words of a mount's `options`, and what each of them asks of the kernel. Pure. */

import { MOUNT_ATTR__ATIME, MOUNT_ATTR_RDONLY } from './kernel-flags.ts'
import { configError } from './config-error.ts'
import { meaningOf, type MountWord } from './mount-words.ts'

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

/** Collects attribute words; of contradicting ones the last wins, as with mount(8). */
class Attributes {
  set = 0
  clear = 0

  apply(word: MountWord): void {
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
    const meaning = meaningOf(name)
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
  return !option.includes('"') ? option : option.replace(/^((?:|fs|def|root)context)="(.*)"$/, '$1=$2')
}
