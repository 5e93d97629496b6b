import { TeuError, type TeuErrorDetails } from '@teu/spec'

/** An image or an archive that cannot be used as it is: ERR_TEU_IMAGE_INVALID. */
export function imageError(message: string, details: TeuErrorDetails = {}): TeuError {
  return new TeuError('ERR_TEU_IMAGE_INVALID', message, details)
}
