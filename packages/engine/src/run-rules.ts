/** What the options of {@link run} have to be. */

import { STDIO_RULE } from '@teu/container'
import { checkOptions, integerOption, OPTION, type OptionRule, SPEC_OPTION_RULES, TeuError } from '@teu/spec'
import type { RunBundleOptions, RunCommonOptions, RunOptions, RunProgramOptions } from './run.ts'

const COMMON: Readonly<Record<keyof RunCommonOptions, OptionRule>> = {
  id: OPTION.text,
  stdio: STDIO_RULE,
  capture: OPTION.flag,
  input: {
    expected: 'a string or a Uint8Array',
    isKind: (value) => typeof value === 'string' || value instanceof Uint8Array,
  },
  maxOutputBytes: integerOption(0, Number.MAX_SAFE_INTEGER, 'bytes'),
  timeoutMs: OPTION.milliseconds,
  trace: OPTION.flag,
  signal: OPTION.abortSignal,
  onStarted: OPTION.callback,
  containers: { expected: 'what Containers.open() gave', isKind: isContainers },
  forwardSignals: OPTION.flag,
}

const BUNDLE: Readonly<Record<keyof RunBundleOptions, OptionRule>> = { ...COMMON, bundle: OPTION.path, spec: OPTION.object }

const PROGRAM: Readonly<Record<keyof RunProgramOptions, OptionRule>> = {
  ...SPEC_OPTION_RULES,
  ...COMMON,
  rootfs: OPTION.path,
  user: {
    expected: 'a number or a string',
    isKind: (value) => typeof value === 'number' || typeof value === 'string',
  },
  seccomp: {
    expected: 'a profile or unconfined',
    isKind: (value) => value === 'unconfined' || OPTION.object.isKind(value),
  },
}

/** Of this copy of teu or another one. */
function isContainers(value: unknown): boolean {
  return OPTION.object.isKind(value) && typeof (value as { run?: unknown }).run === 'function'
}

/** Whether a bundle is meant, and not a root file system and a command. */
export function namesBundle(options: RunOptions): options is RunBundleOptions {
  return 'bundle' in options && options.bundle !== undefined
}

/** Checks everything that can be told from the options alone.
 *  @throws {TypeError | RangeError} for what is no option, or not what the option has to be
 *  @throws {TeuError} ERR_TEU_USAGE for options that contradict each other */
export function checkRunOptions(where: string, options: RunOptions): void {
  if (typeof options !== 'object' || options === null) checkOptions(where, options, COMMON)
  const bundle = namesBundle(options)
  // Limits that were given beside a bundle would otherwise be left out in silence.
  checkOptions(where, options, bundle ? BUNDLE : PROGRAM)
  if (!bundle && (options.rootfs === undefined || options.command === undefined)) {
    throw new TypeError(`${where}: options must have a bundle, or a rootfs and a command`)
  }
  if (options.capture === true && options.stdio !== undefined) {
    throw new TeuError('ERR_TEU_USAGE', 'Cannot capture the output and connect stdio at the same time')
  }
  if (options.capture === true) return
  for (const key of ['input', 'maxOutputBytes'] as const) {
    if (options[key] !== undefined) throw new TeuError('ERR_TEU_USAGE', `Cannot use ${key} without capture`)
  }
}
