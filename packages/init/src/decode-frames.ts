/** Status frames of teu-init as data. */

import { TeuError } from '@teu/spec'
import { errnoName } from './errno.ts'
import { opName } from './op-name.gen.ts'
import { type FrameName, FRAMES, MAX_FRAME_BYTES, STAGES, type Stage, type StepName, SYSCALLS } from './steps.ts'
import { FRAME_HEADER_BYTES, NO_STEP } from './wire.ts'

/** A system call, or one of the pseudo calls at the end of {@link SYSCALLS}; empty when there is none to name. */
export type Syscall = (typeof SYSCALLS)[number]

/** What every frame says. */
interface FrameOrigin {
  readonly tag: number
  readonly stage: Stage
  /** Position in the plan (see `planSteps`); -1 when the frame belongs to no step. */
  readonly step: number
  /** Empty when the frame belongs to no step. */
  readonly op: StepName | ''
}

/** Resource usage as wait4(2) counts it. */
export interface RawUsage {
  readonly userTimeUs: bigint
  readonly systemTimeUs: bigint
  readonly maxRssKib: bigint
  readonly minorFaults: bigint
  readonly majorFaults: bigint
  readonly blocksIn: bigint
  readonly blocksOut: bigint
}

/** When one step ran, in nanoseconds of CLOCK_MONOTONIC. */
export interface TraceRecord {
  readonly step: number
  readonly stage: Stage
  readonly startNs: bigint
  readonly endNs: bigint
}

/** Flags of an `exited` frame. */
export const EXITED_FLAGS = { timedOut: 1, callerGone: 2, neverRan: 4 } as const

type FrameBody =
  | { readonly kind: 'hello'; readonly schema: number; readonly pid: number }
  /** `startTime`: clock ticks since boot, field 22 of /proc/PID/stat. */
  | { readonly kind: 'init'; readonly pid: number; readonly startTime: bigint }
  | { readonly kind: 'created'; readonly pid: number }
  | { readonly kind: 'started'; readonly pid: number }
  | {
      readonly kind: 'failed'
      readonly syscall: Syscall
      /** Symbol, for example `EPERM`; empty when no call failed. */
      readonly errno: string
      readonly path: string
      /** For people: what a hook said, how a process ended. */
      readonly detail: string
      /** Wait status (wait(2)) of what ended badly: of the container process with syscall `exit`, of the hook with `hook`. */
      readonly waitStatus: number
    }
  | { readonly kind: 'trace'; readonly records: readonly TraceRecord[] }
  | {
      readonly kind: 'exited'
      /** As wait(2) gives it; {@link splitWaitStatus} takes it apart. */
      readonly waitStatus: number
      /** Nanoseconds of CLOCK_REALTIME. */
      readonly endNs: bigint
      /** See {@link EXITED_FLAGS}. */
      readonly flags: number
      readonly usage: RawUsage
    }
  | { readonly kind: 'collected'; readonly name: string; readonly content: string }
  | { readonly kind: 'done'; readonly failedCleanups: number }
  | { readonly kind: 'pipe_ready'; readonly slot: number }
  /** `timeNs`: CLOCK_REALTIME. */
  | { readonly kind: 'event'; readonly value: bigint; readonly timeNs: bigint }

/** One status frame. */
export type Frame = FrameOrigin & FrameBody

/** Splits a wait status (wait(2)) into exit code or signal number. */
export function splitWaitStatus(status: number): { readonly exitCode: number } | { readonly signalNumber: number } {
  const signalNumber = status & 0x7f
  return signalNumber === 0 ? { exitCode: (status >> 8) & 0xff } : { signalNumber }
}

/** Kinds by their number, less one. */
const KINDS = Object.keys(FRAMES) as FrameName[]
const STAGE_NAMES = Object.keys(STAGES) as Stage[]

/** Puts chunks of a byte stream together to frames. */
export class FrameReader {
  #rest: Uint8Array = new Uint8Array()

  /** Takes the next bytes, cut anywhere, and returns the frames that are complete by now.
   *  @throws {TeuError} ERR_TEU_SYSTEM for bytes that no teu-init of this version has sent */
  push(chunk: Uint8Array): Frame[] {
    const bytes = this.#rest.length === 0 ? chunk : concat(this.#rest, chunk)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const frames: Frame[] = []
    let at = 0
    while (bytes.length - at >= 4) {
      const size = view.getUint32(at, true)
      if (size < FRAME_HEADER_BYTES || size > MAX_FRAME_BYTES) throw malformed(`a size of ${size} bytes`)
      if (bytes.length - at < size) break
      frames.push(decodeFrame(bytes.subarray(at, at + size)))
      at += size
    }
    // a copy, which slice() of a Buffer is not: the chunk's memory may be used again by whoever reads
    this.#rest = new Uint8Array(bytes.subarray(at))
    return frames
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

function malformed(what: string): TeuError {
  return new TeuError('ERR_TEU_SYSTEM', `Cannot read what teu-init says: a frame has ${what}`, {
    remedy: 'Check that teu-init and teu are of the same version',
  })
}

function decodeFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const kind = KINDS[view.getUint16(4, true) - 1]
  const stage = STAGE_NAMES[view.getUint16(6, true)]
  const opNumber = view.getUint16(16, true)
  const op = opNumber === 0 ? '' : opName(opNumber)
  if (kind === undefined || stage === undefined || op === undefined) throw malformed('a kind, stage or operation that is not known')
  const step = view.getUint32(12, true)
  const origin: FrameOrigin = { tag: view.getUint32(8, true), stage, step: step === NO_STEP ? -1 : step, op }
  return { ...origin, ...decodeBody(kind, view, bytes.subarray(FRAME_HEADER_BYTES)) }
}

function decodeBody(kind: FrameName, view: DataView, payload: Uint8Array): FrameBody {
  const a = view.getBigUint64(28, true)
  const b = view.getBigUint64(36, true)
  switch (kind) {
    case 'hello':
      return { kind, schema: Number(a), pid: Number(b) }
    case 'init':
      return { kind, pid: Number(a), startTime: b }
    case 'created':
    case 'started':
      return { kind, pid: Number(a) }
    case 'failed': {
      const syscall = SYSCALLS[view.getUint16(18, true)]
      if (syscall === undefined) throw malformed('a system call that is not known')
      const [path, detail] = splitAtNul(payload)
      const errno = errnoName(view.getInt32(20, true))
      return { kind, syscall, errno, path: decodeText(path), detail: decodeText(detail), waitStatus: Number(a) }
    }
    case 'trace':
      return { kind, records: decodeTrace(payload) }
    case 'exited':
      return decodeExited(Number(a), b, payload)
    case 'collected': {
      const [name, content] = splitAtNul(payload)
      return { kind, name: decodeText(name), content: decodeText(content) }
    }
    case 'done':
      return { kind, failedCleanups: Number(a) }
    case 'pipe_ready':
      return { kind, slot: Number(a) }
    default:
      return { kind, value: a, timeNs: b }
  }
}

let decoder: InstanceType<typeof TextDecoder> | undefined

function decodeText(bytes: Uint8Array): string {
  if (bytes.length === 0) return ''
  decoder ??= new TextDecoder()
  return decoder.decode(bytes)
}

function splitAtNul(payload: Uint8Array): [before: Uint8Array, after: Uint8Array] {
  const nul = payload.indexOf(0)
  if (nul < 0) throw malformed('a payload without its separator')
  return [payload.subarray(0, nul), payload.subarray(nul + 1)]
}

/** u32 step, u32 stage, u64 start, u64 end. */
const TRACE_RECORD_BYTES = 24

function decodeTrace(payload: Uint8Array): TraceRecord[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const records: TraceRecord[] = []
  for (let at = 0; at + TRACE_RECORD_BYTES <= payload.length; at += TRACE_RECORD_BYTES) {
    const stage = STAGE_NAMES[view.getUint32(at + 4, true)]
    if (stage === undefined) throw malformed('a stage that is not known')
    records.push({
      step: view.getUint32(at, true),
      stage,
      startNs: view.getBigUint64(at + 8, true),
      endNs: view.getBigUint64(at + 16, true),
    })
  }
  return records
}

function decodeExited(waitStatus: number, endNs: bigint, payload: Uint8Array): FrameBody {
  if (payload.length !== 4 + 7 * 8) throw malformed(`a payload of ${payload.length} bytes`)
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const number = (index: number): bigint => view.getBigUint64(4 + index * 8, true)
  const usage: RawUsage = {
    userTimeUs: number(0),
    systemTimeUs: number(1),
    maxRssKib: number(2),
    minorFaults: number(3),
    majorFaults: number(4),
    blocksIn: number(5),
    blocksOut: number(6),
  }
  return { kind: 'exited', waitStatus, endNs, flags: view.getUint32(0, true), usage }
}
