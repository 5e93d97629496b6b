/** Certificates for engines behind TLS. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TeuError } from '@teu/spec'

/** What a connection with TLS is made with. The engine's certificate is always checked, unless that is said to be unwanted. */
export interface TlsOptions {
  /** Directory with `ca.pem`, `cert.pem` and `key.pem`, as docker has it; those that are not there are done without. */
  readonly directory?: string | undefined
  /** PEM texts, instead of those files. */
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** Takes any certificate of the engine: whoever is on the way can read and change everything. Default false. */
  readonly skipVerify?: boolean | undefined
}

/** What node:https takes. */
export interface TlsMaterial {
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
  readonly rejectUnauthorized: boolean
}

/** Reads the files.
 *  @throws {TeuError} ERR_TEU_SYSTEM when one is there and cannot be read, or when one of certificate and key is missing */
export async function readTls(options: TlsOptions): Promise<TlsMaterial> {
  const { directory, skipVerify = false } = options
  const [ca, cert, key] = await Promise.all(
    (['ca', 'cert', 'key'] as const).map(async (name) => {
      return options[name] ?? (directory === undefined ? undefined : await readPem(join(directory, `${name}.pem`)))
    }),
  )
  if ((cert === undefined) !== (key === undefined)) {
    const message = `Cannot use ${cert === undefined ? 'a key without its certificate' : 'a certificate without its key'}`
    throw new TeuError('ERR_TEU_SYSTEM', message, { path: directory })
  }
  return { ca, cert, key, rejectUnauthorized: !skipVerify }
}

async function readPem(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code: errno } = cause as NodeJS.ErrnoException
    if (errno === 'ENOENT') return undefined
    throw new TeuError('ERR_TEU_SYSTEM', `Cannot read ${path}`, { syscall: 'open', errno, path, cause })
  }
}
