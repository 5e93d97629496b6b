/** Failed programs, in the words of OCI runtimes. The shim hands on the runtime's last sentence and nothing else, so that words decide. */

/** The shim's own words, and runc's, before those that matter. */
const BY_RUNTIME = /OCI runtime (?:create|exec|start|restore) failed: (?:(?:runc )?(?:create|exec|start|restore) failed: )?(.*)/s
/** The runtime itself could not be run. */
const WITHOUT_RUNTIME = /unable to retrieve OCI runtime error/
/** The container's own process, which an exec or a start joins, has ended meanwhile: not the program is missing but its namespaces. */
const WITHOUT_CONTAINER = /namespace path: lstat|unable to create new parent process|exec[ .]fifo/

/** What the kernel's refusals are called in sentences. */
const WORDS: Readonly<Record<string, string>> = {
  'no such file or directory': 'ENOENT',
  'permission denied': 'EACCES',
  'operation not permitted': 'EPERM',
  'is a directory': 'EISDIR',
  'not a directory': 'ENOTDIR',
  'exec format error': 'ENOEXEC',
  'text file busy': 'ETXTBSY',
  'too many levels of symbolic links': 'ELOOP',
  'file name too long': 'ENAMETOOLONG',
  'argument list too long': 'E2BIG',
}

/** runc, crun and teu-oci look a program up in PATH and say so in these words. */
const NOT_FOUND = /executable file .*not found/i
/** What else runc, crun and teu-oci say before the reason, of a program or a directory. */
const ABOUT_PROGRAM = [
  /\bexec(?:ve|veat)?[: (]/i,
  /\bopen executable\b/i,
  /\b(?:chdir|cwd)\b/i,
  /\bworking directory\b/i,
  // The working directory is made when it is missing.
  /(?:init: |directory ".*": )mkdir /i,
]

/** Why a program could not be started, as the kernel's name for it, from a daemon's sentence; undefined when it says something else. */
export function programErrno(message: string): string | undefined {
  const said = BY_RUNTIME.exec(message)?.[1]
  if (said === undefined || WITHOUT_RUNTIME.test(message) || WITHOUT_CONTAINER.test(said)) return undefined
  if (NOT_FOUND.test(said)) return 'ENOENT'
  return ABOUT_PROGRAM.some((pattern) => pattern.test(said)) ? errnoIn(said) : undefined
}

/** The reason stands at the end: `exec: "/bin": is a directory: permission denied`. */
function errnoIn(text: string): string | undefined {
  const lower = text.toLowerCase()
  const found = Object.keys(WORDS).filter((words) => lower.includes(words))
  const last = found.sort((a, b) => lower.lastIndexOf(b) - lower.lastIndexOf(a))[0]
  return last === undefined ? undefined : WORDS[last]
}
