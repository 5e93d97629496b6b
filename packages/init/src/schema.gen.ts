// Made by tools/generate-steps.ts from src/steps.ts. Do not edit.

/** Id of the step table that both sides of the wire were made from. */
export const STEPS_SCHEMA = 0xc025a81b
