import type { TeuError, TeuErrorDetails } from '@teu/spec'
import { containerdError } from '../../error/code.ts'

/** An image or an archive that cannot be used as it is: ERR_TEU_IMAGE_INVALID. */
export function imageError(message: string, details: TeuErrorDetails = {}): TeuError {
  return containerdError('ERR_TEU_IMAGE_INVALID', message, details)
}
