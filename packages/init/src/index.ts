/** `@teu/init`: plans for teu-init, the program that carries them out, and what it reports. */

export { findInitBinary, provideInitBinary } from './binary.ts'
export { EXITED_FLAGS, type Frame, FrameReader, type RawUsage, splitWaitStatus, type Syscall, type TraceRecord } from './decode-frames.ts'
export { encodeControl, encodePipeRequest, encodePlan, encodeSpareRequest, isForSpare, planSteps } from './encode-plan.ts'
export { errnoName } from './errno.ts'
export { STEPS_SCHEMA } from './schema.gen.ts'
export * from './steps.ts'
