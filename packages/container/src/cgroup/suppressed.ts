/** Keeps the failures of a clean-up with the error that made it necessary. */
export function withSuppressed(error: Error, suppressed: readonly Error[]): Error {
  if (suppressed.length > 0) Object.defineProperty(error, 'suppressed', { value: suppressed, enumerable: true })
  return error
}
