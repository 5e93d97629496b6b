/** Writes the `gen/**\/*.gen.ts` of the package, and those of its tests, which make the pods that the package only looks at. */

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileProtos } from '../../containerd/tools/compile-protos.ts'

const home = dirname(dirname(fileURLToPath(import.meta.url)))
compileProtos(join(home, 'proto'), join(home, 'src/gen'))
compileProtos(join(home, 'test/proto'), join(home, 'test/gen'))
