/** D-Bus values as TypeScript values. */

/** A value that carries its type. */
export interface Variant {
  readonly signature: string
  readonly value: DBusValue
}

/** - `y n q i u d`: number
 *  - `x t`: bigint
 *  - `b`: boolean
 *  - `s o g`: string
 *  - arrays (`ay` also as bytes), structs and dictionary entries: array
 *  - `v`: {@link Variant} */
export type DBusValue = number | bigint | boolean | string | Uint8Array | readonly DBusValue[] | Variant

/** A variant of one complete type. */
export function variant(signature: string, value: DBusValue): Variant {
  return { signature, value }
}
