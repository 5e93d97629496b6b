/**
 * Writes what teu-init and the encoder have to agree on, from the table in `src/steps.ts`:
 *
 * - `src/c/steps.gen.h`: numbers, a struct for each step, prototypes of the operations
 * - `src/c/steps.gen.c`: the layout of each step, by which `decode.c` reads a plan
 * - `src/c/dispatch.gen.c`: `run_step()`
 * - `src/schema.gen.ts`: the schema id, so that nobody has to compute it at start
 * - `src/layouts.gen.ts`, `src/op-name.gen.ts`: the encoder's and the decoder's half of the table, in the form that is there the fastest in
 *   a program that has just started
 *
 * The results are committed; `src/generated.test.ts` fails when they differ from the table.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { computeSchema } from '../src/schema.ts'
import type { FieldType } from '../src/steps.ts'
import {
  CONTROLS,
  FRAMES,
  MAX_FRAME_BYTES,
  MAX_PLAN_BYTES,
  MAX_STEPS,
  NO_SLOT,
  REQUESTS,
  SLOT_COUNT,
  STAGES,
  STEPS,
  SYSCALLS,
} from '../src/steps.ts'

const C_TYPES: Record<FieldType, string> = {
  u32: 'uint32_t ',
  i32: 'int32_t ',
  u64: 'uint64_t ',
  bool: 'bool ',
  slot: 'int32_t ',
  str: 'const char *',
  bytes: 'struct teu_bytes ',
  strs: 'struct teu_strs ',
  u32s: 'struct teu_u32s ',
}

const NOTICE = 'Made by tools/generate-steps.ts from src/steps.ts. Do not edit.'

const steps = Object.entries(STEPS) as [string, { op: number; fields: Record<string, FieldType> }][]

const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)
const macro = (name: string): string => snake(name).toUpperCase()

function enumeration(name: string, prefix: string, values: Readonly<Record<string, number>>): string {
  const lines = Object.entries(values).map(([key, value]) => `  ${prefix}${macro(key)} = ${value},`)
  return `enum ${name} {\n${lines.join('\n')}\n};\n`
}

function header(): string {
  const syscalls = SYSCALLS.map((name) => `  TEU_SYS_${name === '' ? 'NONE' : name},`)
  const structs = steps
    .filter(([, step]) => Object.keys(step.fields).length > 0)
    .map(([name, step]) => {
      const fields = Object.entries(step.fields).map(([field, type]) => `  ${C_TYPES[type]}${snake(field)};`)
      return `struct step_${name} {\n${fields.join('\n')}\n};\n`
    })
  const empty = steps.filter(([, step]) => Object.keys(step.fields).length === 0)
  return `/* ${NOTICE} */
#ifndef STEPS_GEN_H
#define STEPS_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STEPS_SCHEMA 0x${computeSchema().toString(16).padStart(8, '0')}u
#define TEU_NO_SLOT (${NO_SLOT})
#define TEU_SLOT_COUNT ${SLOT_COUNT}
#define TEU_MAX_PLAN ${MAX_PLAN_BYTES}u
#define TEU_MAX_STEPS ${MAX_STEPS}u
#define TEU_MAX_FRAME ${MAX_FRAME_BYTES}
#define TEU_OP_LIMIT ${Math.max(...steps.map(([, step]) => step.op)) + 1}

${enumeration('teu_stage', 'TEU_STAGE_', STAGES)}
${enumeration('teu_frame', 'TEU_FRAME_', FRAMES)}
${enumeration('teu_request', 'TEU_REQUEST_', REQUESTS)}
${enumeration('teu_control', 'TEU_CONTROL_', CONTROLS)}
${enumeration('teu_op', 'TEU_OP_', Object.fromEntries(steps.map(([name, step]) => [name, step.op])))}
/* System calls that a failure can name. */
enum teu_syscall {
${syscalls.join('\n')}
};

/* \`data\` is followed by a NUL that is not counted. */
struct teu_bytes {
  const uint8_t *data;
  uint32_t size;
};
/* \`items\` ends with NULL. */
struct teu_strs {
  uint32_t count;
  char **items;
};
struct teu_u32s {
  uint32_t count;
  const uint32_t *items;
};

/* Steps without fields; C has no empty struct. */
struct step_empty {
  char none;
};
${empty.map(([name]) => `#define step_${name} step_empty`).join('\n')}

${structs.join('\n')}
struct teu_step {
  enum teu_op op;
  enum teu_stage stage;
  uint32_t index;
  union {
${steps.map(([name]) => `    struct step_${name} ${name};`).join('\n')}
  } u;
};

/* How the fields of one operation lie on the wire and in its struct; see decode.c. */
enum teu_field_type {
${(Object.keys(C_TYPES) as FieldType[]).map((type) => `  TEU_FIELD_${type.toUpperCase()},`).join('\n')}
};
struct teu_field {
  uint16_t type;
  uint16_t offset; /* in the struct of the step */
};
struct teu_layout {
  bool known;
  uint8_t count;
  const struct teu_field *fields;
};
extern const struct teu_layout teu_layouts[TEU_OP_LIMIT];

struct run;
${steps.map(([name]) => `int op_${name}(struct run *run, const struct step_${name} *step);`).join('\n')}

#endif
`
}

function layouts(): string {
  const withFields = steps.filter(([, step]) => Object.keys(step.fields).length > 0)
  const tables = withFields.map(([name, step]) => {
    const fields = Object.entries(step.fields).map(
      ([field, type]) => `  {TEU_FIELD_${type.toUpperCase()}, offsetof(struct step_${name}, ${snake(field)})},`,
    )
    return `static const struct teu_field fields_${name}[] = {\n${fields.join('\n')}\n};\n`
  })
  const rows = steps.map(([name, step]) => {
    const count = Object.keys(step.fields).length
    return `  [TEU_OP_${macro(name)}] = {true, ${count}, ${count === 0 ? 'NULL' : `fields_${name}`}},`
  })
  return `/* ${NOTICE} */
#include "steps.gen.h"

${tables.join('\n')}
const struct teu_layout teu_layouts[TEU_OP_LIMIT] = {
${rows.join('\n')}
};
`
}

function dispatcher(): string {
  const cases = steps.map(([name]) => `  case TEU_OP_${macro(name)}:\n    return op_${name}(run, &step->u.${name});`)
  return `/* ${NOTICE} */
#include <errno.h>

#include "teu.h"

int run_step(struct run *run, const struct teu_step *step) {
  switch (step->op) {
${cases.join('\n')}
  }
  return fail(run, TEU_SYS_decode, EPROTO, NULL);
}
`
}

function schemaModule(): string {
  return `// ${NOTICE}

/** Id of the step table that both sides of the wire were made from. */
export const STEPS_SCHEMA = 0x${computeSchema().toString(16).padStart(8, '0')}
`
}

/** Numbers of the field types in the encoder's table. */
const FIELD_NUMBERS = Object.fromEntries(Object.keys(C_TYPES).map((type, index) => [type, index])) as Record<FieldType, number>

function layoutTable(): string {
  const numbers = Object.entries(FIELD_NUMBERS).map(([type, number]) => `${type}: ${number}`)
  const rows = steps.map(([name, { op, fields }]) => {
    const entries = Object.entries(fields).map(([field, type]) => `, '${field}', ${FIELD_NUMBERS[type]}`)
    return `  ${name}: [${op}${entries.join('')}],`
  })
  return `// ${NOTICE}

import type { StepName } from './steps.ts'

/** Field types as numbers. */
export const FIELD_TYPES = { ${numbers.join(', ')} } as const

/** Number of each operation, then name and type of its fields. */
export const LAYOUTS: Readonly<Record<StepName, readonly [op: number, ...fields: (string | number)[]]>> = {
${rows.join('\n')}
}
`
}

function opNames(): string {
  const cases = steps.map(([name, { op }]) => `    case ${op}:\n      return '${name}'\n`)
  return `// ${NOTICE}

import type { StepName } from './steps.ts'

/** Name of the operation with this number. */
export function opName(op: number): StepName | undefined {
  switch (op) {
${cases.join('')}  }
  return undefined
}
`
}

/** Content of each generated file, by its path in the package. Pure. */
export function generateSteps(): ReadonlyMap<string, string> {
  return new Map([
    ['src/c/steps.gen.h', header()],
    ['src/c/steps.gen.c', layouts()],
    ['src/c/dispatch.gen.c', dispatcher()],
    ['src/schema.gen.ts', schemaModule()],
    ['src/layouts.gen.ts', layoutTable()],
    ['src/op-name.gen.ts', opNames()],
  ])
}

/** Writes the generated files into the package; one that is as it should be is not touched. */
export function writeSteps(): void {
  for (const [path, text] of generateSteps()) {
    const url = new URL(`../${path}`, import.meta.url)
    if (!existsSync(url) || readFileSync(url, 'utf8') !== text) writeFileSync(url, text)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeSteps()
