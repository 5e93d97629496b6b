import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { TeuError } from '@teu/spec'
import type { ArchiveEntry } from './entry.ts'
import { layoutEntries } from './layout-entries.ts'
import { tarEntries } from './tar-entries.ts'

/**
 * Where an image comes from: the path of an archive (of OCI, or of `docker save`; plain or gzip) or of an OCI image layout, or the bytes of
 * an archive, for example a Readable.
 */
export type ImageSource = string | AsyncIterable<Uint8Array>

const READ_BYTES = 256 * 1024

/** The entries of a source.
 *  @throws {TeuError} ERR_TEU_NOT_FOUND for a path that does not exist; ERR_TEU_SYSTEM for one that cannot be read */
export async function openArchive(source: ImageSource, signal?: AbortSignal): Promise<AsyncGenerator<ArchiveEntry, void, undefined>> {
  if (typeof source !== 'string') return tarEntries(source, signal)
  try {
    const stats = await stat(source)
    return stats.isDirectory() ? layoutEntries(source, signal) : tarEntries(createReadStream(source, { highWaterMark: READ_BYTES }), signal)
  } catch (cause) {
    const { code: errno = 'EIO' } = cause as NodeJS.ErrnoException
    const code = errno === 'ENOENT' ? 'ERR_TEU_NOT_FOUND' : 'ERR_TEU_SYSTEM'
    throw new TeuError(code, `Cannot read the image ${source}: stat failed with ${errno}`, { path: source, errno, syscall: 'stat', cause })
  }
}
