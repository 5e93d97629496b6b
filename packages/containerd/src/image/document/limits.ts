/** Bounds for what comes from outside. Real images stay far below all of them. */

/** An index, a manifest, a config, or docker's manifest.json: bytes. */
export const MAX_DOCUMENT_BYTES: number = 4 * 1024 * 1024
/** Layers of one image; the kernel refuses overlays of about 500. */
export const MAX_LAYERS: number = 500
/** Entries of one index. */
export const MAX_INDEX_ENTRIES: number = 1_000
/** Indexes inside of indexes. */
export const MAX_INDEX_DEPTH: number = 4
/** Entries of an archive. */
export const MAX_ARCHIVE_ENTRIES: number = 100_000
/** `/etc/passwd` or `/etc/group` of an image: bytes. */
export const MAX_ACCOUNT_FILE_BYTES: number = 1024 * 1024
