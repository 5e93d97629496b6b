/** The helper program teu-init: what it can do, how it is spoken to, where it is. */

export { findInitBinary, provideInitBinary } from './binary.ts'
export { type Frame, FrameReader, type FrameUsage, NO_STEP, type TraceRecord } from './decode-frames.ts'
export { encodeControl, encodePipeRequest, encodePlan } from './encode-plan.ts'
export { errnoName } from './errno.ts'
export { planSteps } from './plan-steps.ts'
export * from './steps.ts'
