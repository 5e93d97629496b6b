#!/usr/bin/env node
/** The `teu` executable. */

import { processIo } from '../cli/io.ts'
import { engine } from '../human/installed-engine.ts'
import { hostDoor } from '../human/host-door.ts'
import { runTeu } from '../human/main.ts'

void runTeu(processIo(), engine, hostDoor).then((status) => process.exit(status))
