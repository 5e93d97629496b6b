/** Validation of configs: everything that would be silently wrong is refused, everything unknown is ignored. Pure. */

import { parseJson } from './json.ts'
import { placeOf } from './place.ts'
import type { LinuxResources } from './types/resources.ts'
import type { Process } from './types/process.ts'
import type { Spec } from './types/spec.ts'
import { PROCESS_SHAPE, withUser } from './validate/process.ts'
import { Report, type ValidateOptions } from './validate/report.ts'
import { RESOURCES_SHAPE } from './validate/resources.ts'
import { checkShape } from './validate/shape.ts'
import { SPEC_SHAPE, withDefaults } from './validate/spec.ts'

export type { SpecWarning, ValidateOptions } from './validate/report.ts'

type NullableFields<T> = T extends readonly unknown[] ? T : { [K in keyof T]: T[K] | null }

/** A change of limits: what is absent stays as it is, null takes a setting back. */
export type LinuxResourcesPatch = { [K in keyof LinuxResources]?: NullableFields<NonNullable<LinuxResources[K]>> | null | undefined }

/**
 * Checks a config.
 * @returns the value itself, or a copy in which an absent `process.user` is spelled out
 * @throws {TeuError} ERR_TEU_CONFIG_INVALID: first problem with its `pointer`, up to 20 others in `suppressed`
 * @see runtime-spec config.md, config-linux.md
 */
export function validateSpec(value: unknown, options: ValidateOptions = {}): Spec {
  const report = new Report('config', options)
  checkShape(SPEC_SHAPE, value, undefined, report)
  report.throwIfAny()
  return withDefaults(value as Spec)
}

/**
 * Checks the text of a config.json: {@link parseJson} and {@link validateSpec}.
 * @throws {TeuError} ERR_TEU_CONFIG_INVALID
 */
export function parseSpec(text: string | Uint8Array, options: ValidateOptions = {}): Spec {
  return validateSpec(parseJson(text, options), options)
}

/**
 * Checks a `process` object by itself, as in a process file of `exec`.
 * @param pointerBase  pointer of the object in its document, for messages: `/process`
 * @returns the value itself, or a copy in which an absent `user` is spelled out
 * @throws {TeuError} ERR_TEU_CONFIG_INVALID
 */
export function validateProcess(value: unknown, pointerBase = '', options: ValidateOptions = {}): Process {
  const report = new Report('process', options)
  checkShape(PROCESS_SHAPE, value, placeOf(pointerBase), report)
  report.throwIfAny()
  return withUser(value as Process)
}

/**
 * Checks a `linux.resources` object by itself, as a change of a container that has limits already.
 * @throws {TeuError} ERR_TEU_CONFIG_INVALID
 */
export function validateResources(value: unknown, options: ValidateOptions = {}): LinuxResources {
  checkChange(value, new Report('resources', options))
  return value as LinuxResources
}

/**
 * Like {@link validateResources}, for input in which null takes a setting back, as in the file of `update --resources`.
 * @throws {TeuError} ERR_TEU_CONFIG_INVALID
 */
export function validateResourcesPatch(value: unknown, options: ValidateOptions = {}): LinuxResourcesPatch {
  checkChange(value, new Report('resources', options, true))
  return value as LinuxResourcesPatch
}

function checkChange(value: unknown, report: Report): void {
  checkShape(RESOURCES_SHAPE, value, undefined, report)
  report.throwIfAny()
}
