/** Names of errno values: Linux on x86, ARM, RISC-V, s390 and POWER agree on these (include/uapi/asm-generic/errno*.h). */

const readNames = (): ReadonlyMap<number, string> =>
  new Map([
    // what Node does not know, and what must not depend on its choice among equal values
    ...Object.entries(process.getBuiltinModule('node:os').constants.errno).map(([name, value]) => [value, name] as const),
    [11, 'EAGAIN'],
    [15, 'ENOTBLK'],
    [40, 'ELOOP'],
    [61, 'ENODATA'],
    [66, 'EREMOTE'],
    [85, 'ERESTART'],
    [87, 'EUSERS'],
    [94, 'ESOCKTNOSUPPORT'],
    [95, 'EOPNOTSUPP'],
    [96, 'EPFNOSUPPORT'],
    [108, 'ESHUTDOWN'],
    [109, 'ETOOMANYREFS'],
    [112, 'EHOSTDOWN'],
    [121, 'EREMOTEIO'],
    [123, 'ENOMEDIUM'],
    [124, 'EMEDIUMTYPE'],
    [126, 'ENOKEY'],
    [127, 'EKEYEXPIRED'],
    [128, 'EKEYREVOKED'],
    [129, 'EKEYREJECTED'],
    [130, 'EOWNERDEAD'],
    [131, 'ENOTRECOVERABLE'],
    [132, 'ERFKILL'],
  ])

let names: ReadonlyMap<number, string> | undefined

/** The symbol of an errno value: 1 → `EPERM`. Unknown ones become `E<number>`, 0 the empty string. */
export function errnoName(errno: number): string {
  if (errno === 0) return ''
  names ??= readNames()
  return names.get(errno) ?? `E${errno}`
}
