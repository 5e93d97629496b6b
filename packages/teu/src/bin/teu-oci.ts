#!/usr/bin/env node
/** The `teu-oci` executable. */

import { processIo } from '../cli/io.ts'
import { library } from '../cli/installed-library.ts'
import { runOci } from '../oci/main.ts'

void runOci(processIo(), library).then((status) => process.exit(status))
