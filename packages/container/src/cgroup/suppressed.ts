/** Keeps the failures of a clean-up with the error that made it necessary. */
export function withSuppressed(error: Error & { readonly suppressed?: readonly Error[] }, suppressed: readonly Error[]): Error {
  if (suppressed.length === 0) return error
  const value = [...(error.suppressed ?? []), ...suppressed]
  Object.defineProperty(error, 'suppressed', { value, enumerable: true, configurable: true })
  return error
}
