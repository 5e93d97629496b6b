/** Writes `src/gen/**\/*.gen.ts` from `proto/**\/*.proto`. The results are committed, so that nothing is needed to build or to use the
 *  package. */

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileProtos } from './compile-protos.ts'

const home = dirname(dirname(fileURLToPath(import.meta.url)))
compileProtos(join(home, 'proto'), join(home, 'src/gen'))
