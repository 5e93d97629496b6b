/** Numbers of the wire format that are not in the step table; `protocol.md` describes the whole of it. */

/** First word of every request after its size: "TEU1". */
export const REQUEST_MAGIC = 0x31554554
/** Size of a status frame without its payload, in bytes. */
export const FRAME_HEADER_BYTES = 44
/** Flag of a plan request: send trace frames. */
export const REQUEST_TRACE = 1
/** Flag of a plan request: a process that was made ahead may run it. */
export const REQUEST_SPARE = 2
/** Flag of a pipe request: the container reads from it. */
export const PIPE_READS = 1
/** "No step" in the step field of a frame. */
export const NO_STEP = 0xffff_ffff
