export * from './error.ts'
export type * from './types/index.ts'
