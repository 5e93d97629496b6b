/** Failed programs, in the words of OCI runtimes. The shim hands on the runtime's last sentence and nothing else, so that words decide. */

/** The shim's own words before those of the runtime. */
const BY_RUNTIME = /OCI runtime (?:create|exec|start|restore) failed/
/** The runtime itself could not be run. */
const WITHOUT_RUNTIME = /unable to retrieve OCI runtime error/
/** What runc, crun and teu-oci say of a program that is missing, not executable, or of a directory that is none. */
const PROGRAM = [
  /executable file .*not found/i,
  /exec(?:ve)?[: (].*(?:no such file or directory|permission denied|is a directory|not a directory|exec format error)/i,
  /(?:chdir|cwd).*(?:no such file or directory|permission denied|not a directory)/i,
  // The working directory is made when it is missing.
  /(?:init: |directory ".*": )mkdir .*not a directory/i,
]

/** True when a daemon's sentence says that the program could not be started. */
export function isProgramFailure(message: string): boolean {
  return BY_RUNTIME.test(message) && !WITHOUT_RUNTIME.test(message) && PROGRAM.some((pattern) => pattern.test(message))
}
