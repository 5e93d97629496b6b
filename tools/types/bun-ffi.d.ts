/** The part of Bun's foreign function interface that the executables use. Node has no such module. */
declare module 'bun:ffi' {
  export const FFIType: { readonly ptr: 'ptr'; readonly u32: 'u32'; readonly i32: 'i32' }
  /** Address of a typed array. */
  export function ptr(array: Uint8Array): number
  /** Opens a shared library and returns its functions by name. */
  export function dlopen<T extends Record<string, { args: readonly string[]; returns: string }>>(
    library: string,
    functions: T,
  ): { readonly symbols: { readonly [name in keyof T]: (...args: readonly number[]) => number } }
}
