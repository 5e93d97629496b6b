/** Running programs in containers. */

export { DEFAULT_MAX_OUTPUT_BYTES } from './capture.ts'
export type { ProgramOptions } from './program.ts'
export {
  planRun,
  type RunBundleOptions,
  type RunCommonOptions,
  type RunOptions,
  type RunProgramOptions,
  type RunResult,
  run,
} from './run.ts'
