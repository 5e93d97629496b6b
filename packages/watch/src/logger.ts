/** Where a library tells what nobody waits for; the shape is that of pino. */

/** What is used of a logger. */
export interface Logger {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void
}

/** For whoever gave none. */
export const silent: Logger = { warn: () => undefined }
