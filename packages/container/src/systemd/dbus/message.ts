/** D-Bus messages. Pure. */

import { DBusReader } from './reader.ts'
import type { DBusValue, Variant } from './value.ts'
import { variant } from './value.ts'
import { DBusWriter } from './writer.ts'

export const MESSAGE_TYPES = { call: 1, reply: 2, error: 3, signal: 4 } as const
export type MessageType = keyof typeof MESSAGE_TYPES

/** Largest message that is accepted. The protocol allows 128 MiB; nothing that we ask for comes near this. */
export const MAX_MESSAGE_BYTES: number = 8 * 1024 * 1024

/** Bytes from which the size of a whole message can be told. */
export const FIXED_HEADER_BYTES = 16

/** A message as it is sent or was received. */
export interface DBusMessage {
  readonly type: MessageType
  readonly serial: number
  readonly path?: string
  readonly interface?: string
  readonly member?: string
  readonly errorName?: string
  readonly replySerial?: number
  readonly destination?: string
  readonly sender?: string
  /** Signature of the body; '' when it is empty. */
  readonly signature: string
  readonly body: readonly DBusValue[]
}

/** Codes and types of the header fields. */
const FIELDS = {
  path: { code: 1, type: 'o' },
  interface: { code: 2, type: 's' },
  member: { code: 3, type: 's' },
  errorName: { code: 4, type: 's' },
  replySerial: { code: 5, type: 'u' },
  destination: { code: 6, type: 's' },
  sender: { code: 7, type: 's' },
  signature: { code: 8, type: 'g' },
} as const
type FieldName = keyof typeof FIELDS

/** Marshals a message, little-endian.
 *  @see D-Bus specification, "Message Protocol" */
export function encodeMessage(message: DBusMessage): Uint8Array {
  const body = new DBusWriter()
  body.write(message.signature, message.body)
  const fields = (Object.keys(FIELDS) as FieldName[]).flatMap((name): DBusValue[] => {
    const value = message[name]
    return value === undefined || value === '' ? [] : [[FIELDS[name].code, variant(FIELDS[name].type, value)]]
  })
  const whole = new DBusWriter()
  whole.write('yyyyuua(yv)', [0x6c, MESSAGE_TYPES[message.type], 0, 1, body.length, message.serial, fields])
  whole.align(8)
  whole.raw(body.bytes())
  return whole.bytes()
}

/** Size of the message that begins with these {@link FIXED_HEADER_BYTES} bytes.
 *  @throws {RangeError} when it is not a D-Bus message, or too large */
export function messageSize(head: Uint8Array): number {
  const little = isLittleEndian(head)
  const reader = new DBusReader(head, little, 4)
  const [bodySize = 0, , fieldsSize = 0] = reader.read('uuu') as number[]
  const headerSize = FIXED_HEADER_BYTES + fieldsSize
  const size = headerSize + ((8 - (headerSize % 8)) % 8) + bodySize
  if (size > MAX_MESSAGE_BYTES) throw new RangeError(`D-Bus message of ${size} bytes`)
  return size
}

/** Unmarshals one whole message.
 *  @throws {RangeError} for anything else; {TypeError} for text that is not UTF-8 */
export function decodeMessage(bytes: Uint8Array): DBusMessage | undefined {
  const little = isLittleEndian(bytes)
  const reader = new DBusReader(bytes, little)
  const [, typeCode, , , , serial, list] = reader.read('yyyyuua(yv)') as [
    number,
    number,
    number,
    number,
    number,
    number,
    [number, Variant][],
  ]
  const type = (Object.keys(MESSAGE_TYPES) as MessageType[]).find((name) => MESSAGE_TYPES[name] === typeCode)
  // Types and header fields that are not known are to be ignored.
  if (type === undefined) return undefined
  const fields = new Map<string, DBusValue>()
  for (const [code, { signature, value }] of list) {
    const name = (Object.keys(FIELDS) as FieldName[]).find((candidate) => FIELDS[candidate].code === code)
    if (name !== undefined && FIELDS[name].type === signature) fields.set(name, value)
  }
  reader.align(8)
  const signature = (fields.get('signature') as string | undefined) ?? ''
  return { ...Object.fromEntries(fields), type, serial, signature, body: reader.read(signature) }
}

function isLittleEndian(bytes: Uint8Array): boolean {
  const [order, , , version] = bytes
  if ((order !== 0x6c && order !== 0x42) || version !== 1) throw new RangeError('Not a D-Bus message')
  return order === 0x6c
}
