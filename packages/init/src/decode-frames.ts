/** Status frames of teu-init; `protocol.md` describes them. */

import { errnoName } from './errno.ts'
import { FRAMES, type FrameName, MAX_FRAME_BYTES, STAGES, type Stage, STEPS, SYSCALLS } from './steps.ts'

interface FrameBase {
  readonly tag: number
  readonly stage: Stage
}

/** A step that has been timed; CLOCK_MONOTONIC nanoseconds. */
export interface TraceRecord {
  readonly step: number
  readonly stage: Stage
  readonly startNs: bigint
  readonly endNs: bigint
}

/** wait4(2)'s resource usage. */
export interface FrameUsage {
  readonly userTimeUs: bigint
  readonly systemTimeUs: bigint
  readonly maxRssKib: bigint
  readonly minorFaults: bigint
  readonly majorFaults: bigint
  readonly blocksIn: bigint
  readonly blocksOut: bigint
}

export type Frame = FrameBase &
  (
    | { readonly kind: 'hello'; readonly schema: number; readonly pid: number }
    | { readonly kind: 'init'; readonly pid: number; readonly startTime: bigint }
    | { readonly kind: 'created' | 'started'; readonly pid: number }
    | {
        readonly kind: 'failed'
        /** Index over all stages; {@link NO_STEP} when no step was running. */
        readonly step: number
        readonly op: string
        readonly syscall: string
        readonly errno: string
        /** Set when the process died without a word (syscall `exit`). */
        readonly waitStatus: number
        readonly path: string
        readonly detail: string
      }
    | { readonly kind: 'trace'; readonly records: readonly TraceRecord[] }
    | { readonly kind: 'exited'; readonly waitStatus: number; readonly endNs: bigint; readonly flags: number; readonly usage: FrameUsage }
    | { readonly kind: 'collected'; readonly name: string; readonly content: string }
    | { readonly kind: 'done'; readonly failedCleanups: number }
    | { readonly kind: 'pipe_ready'; readonly slot: number }
    | { readonly kind: 'event'; readonly value: bigint; readonly timeNs: bigint }
  )

/** `step` of a failure outside of any step. */
export const NO_STEP = 0xffff_ffff

const HEADER_BYTES = 44
const TRACE_BYTES = 24
const STAGE_NAMES = Object.keys(STAGES) as Stage[]
const KINDS: ReadonlyMap<number, FrameName> = new Map(Object.entries(FRAMES).map(([name, number]) => [number, name as FrameName]))
const OPS: ReadonlyMap<number, string> = new Map(Object.entries(STEPS).map(([name, { op }]) => [op, name]))

/** Cuts a byte stream into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0)

  /** Takes in a chunk and returns the frames that are complete now.
   *  @throws {RangeError} for bytes that are no frame: the sender is not teu-init, or of another version */
  push(chunk: Uint8Array): Frame[] {
    const bytes = this.#rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([this.#rest, chunk])
    const frames: Frame[] = []
    let offset = 0
    while (bytes.length - offset >= 4) {
      const size = bytes.readUInt32LE(offset)
      if (size < HEADER_BYTES || size > MAX_FRAME_BYTES) throw new RangeError(`a frame cannot have ${size} bytes`)
      if (bytes.length - offset < size) break
      frames.push(decodeFrame(bytes.subarray(offset, offset + size)))
      offset += size
    }
    // The chunk's memory belongs to whoever read it: what is kept is copied.
    this.#rest = Buffer.from(bytes.subarray(offset))
    return frames
  }
}

function decodeFrame(bytes: Buffer): Frame {
  const kind = KINDS.get(bytes.readUInt16LE(4))
  const stage = STAGE_NAMES[bytes.readUInt16LE(6)]
  if (kind === undefined || stage === undefined) throw new RangeError(`unknown frame ${bytes.subarray(0, HEADER_BYTES).toString('hex')}`)
  const base = { tag: bytes.readUInt32LE(8), stage }
  const a = bytes.readBigUInt64LE(28)
  const b = bytes.readBigUInt64LE(36)
  const payload = bytes.subarray(HEADER_BYTES)
  switch (kind) {
    case 'hello':
      return { ...base, kind, schema: Number(a), pid: Number(b) }
    case 'init':
      return { ...base, kind, pid: Number(a), startTime: b }
    case 'created':
    case 'started':
      return { ...base, kind, pid: Number(a) }
    case 'failed': {
      const [path, detail] = splitAtNul(payload)
      const syscall = SYSCALLS[bytes.readUInt16LE(18)] ?? ''
      const op = OPS.get(bytes.readUInt16LE(16)) ?? ''
      return {
        ...base,
        kind,
        step: bytes.readUInt32LE(12),
        op,
        syscall,
        errno: errnoName(bytes.readInt32LE(20)),
        waitStatus: Number(a),
        path,
        detail,
      }
    }
    case 'trace':
      return { ...base, kind, records: traceRecords(payload) }
    case 'exited':
      return { ...base, kind, waitStatus: Number(a), endNs: b, flags: payload.readUInt32LE(0), usage: usageOf(payload) }
    case 'collected': {
      const [name, content] = splitAtNul(payload)
      return { ...base, kind, name, content }
    }
    case 'done':
      return { ...base, kind, failedCleanups: Number(a) }
    case 'pipe_ready':
      return { ...base, kind, slot: Number(a) }
    case 'event':
      return { ...base, kind, value: a, timeNs: b }
  }
}

function splitAtNul(payload: Buffer): [string, string] {
  const nul = payload.indexOf(0)
  if (nul < 0) return [payload.toString(), '']
  return [payload.toString('utf8', 0, nul), payload.toString('utf8', nul + 1)]
}

function traceRecords(payload: Buffer): TraceRecord[] {
  const records: TraceRecord[] = []
  for (let at = 0; at + TRACE_BYTES <= payload.length; at += TRACE_BYTES) {
    const stage = STAGE_NAMES[payload.readUInt32LE(at + 4)] ?? 'parent'
    records.push({
      step: payload.readUInt32LE(at),
      stage,
      startNs: payload.readBigUInt64LE(at + 8),
      endNs: payload.readBigUInt64LE(at + 16),
    })
  }
  return records
}

function usageOf(payload: Buffer): FrameUsage {
  const at = (index: number): bigint => payload.readBigUInt64LE(4 + index * 8)
  return {
    userTimeUs: at(0),
    systemTimeUs: at(1),
    maxRssKib: at(2),
    minorFaults: at(3),
    majorFaults: at(4),
    blocksIn: at(5),
    blocksOut: at(6),
  }
}
