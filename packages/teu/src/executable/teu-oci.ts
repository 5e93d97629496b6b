/** Entry of the compiled executable dist/teu-oci: the command line with teu-init inside. */

import './embedded-init.ts'
import '../bin/teu-oci.ts'
