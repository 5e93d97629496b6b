/** runc, but for `checkpoint` and `restore`, which write and read files where CRIU would. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lab } from '../../../../tests/harness/lab.ts'
import { runc } from './runtimes.ts'

/** Writes the program. Its marks are in the lab: what `checkpoint` and `restore` were given, and `fail`, which makes checkpoints fail.
 *  @returns its path */
export function stubRuntime(lab: Lab): string {
  const path = join(lab.path('stub'), 'runc')
  const marks = lab.path('marks')
  mkdirSync(marks)
  mkdirSync(lab.path('stub'))
  const script = `#!/bin/sh
set -e
globals= command= image= work= bundle= pidfile= leave= previous= id=
for arg in "$@"; do
  case "$arg" in checkpoint|restore) command=$arg;; --leave-running) leave=1;; esac
  [ -z "$command" ] && globals="$globals $arg"
  case "$previous" in
    --image-path) image=$arg;; --work-path) work=$arg;; --bundle) bundle=$arg;; --pid-file) pidfile=$arg;;
  esac
  previous=$arg id=$arg
done
if [ -n "$command" ]; then echo "$@" >> ${marks}/$command; fi
case "$command" in
  checkpoint)
    if [ -e ${marks}/fail ]; then
      mkdir -p "$work"
      printf '(00.1) Warn\\n(00.2) Error (criu/x.c:1): cannot dump this\\n' > "$work/dump.log"
      echo "criu failed: type NOTIFY errno 0" >&2
      exit 1
    fi
    mkdir -p "$image/sub"
    echo "core of $id" > "$image/core.img"
    head -c 3000000 /dev/zero > "$image/sub/pages.img"
    : > "$image/empty.img"
    ln -s core.img "$image/link.img"
    [ -n "$leave" ] || ${runc} $globals kill "$id" KILL ;;
  restore)
    ls "$image" "$image/sub" > ${marks}/restored
    cat "$image/link.img" >> ${marks}/restored
    exec ${runc} $globals run --detach --bundle "$bundle" --pid-file "$pidfile" "$id" ;;
  *) exec ${runc} "$@" ;;
esac
`
  writeFileSync(path, script)
  chmodSync(path, 0o755)
  return path
}
