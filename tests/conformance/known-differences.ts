/**
 * Where the runtimes of Debian 12 differ from what these tests ask for: `group: name` → why. A test on the list must fail with that
 * runtime; one that passes has to leave the list, unless the reason begins with "sometimes". There is none for teu-oci.
 */

import type { RuntimeKind } from '../harness/runtime.ts'

/** By runtime, then by test. */
export const knownDifferences: Readonly<Record<RuntimeKind, Readonly<Record<string, string>>>> = {
  'teu-oci': {},
  runc: {
    'sd_notify: finds READY in any line of a message': 'only at the beginning',
    'console: a socket path longer than the address of a socket works': 'the address is refused',
    'pidfd socket: gets a pidfd of init at create': 'no such option before 1.2',
    'pidfd socket: gets a pidfd of the new process at exec': 'no such option before 1.2',
    'descriptors: --preserve-fds names one that is not open': 'ignored',
    'hooks: of kind poststart run after the program was started, with status running': 'they run at the end of create',
    'hooks: may ask for the state of their container': 'there is none yet',
    'hooks: a poststop hook that fails keeps neither the container nor the next hook': 'the next hook does not run',
    'host name: and domain name are those of the config': 'no domain names before 1.2',
    'run: with --keep still cleans up when the start failed': 'the container stays',
    'exec: takes the short and the long form of an option in one command': 'refused as a usage error',
  },
  crun: {
    'sd_notify: start waits for READY and tells the pid on the host': 'no MAINPID',
    'console: a socket for a container without a terminal is refused': 'ignored',
    'pidfd socket: gets a pidfd of init at create': 'no such option',
    'pidfd socket: gets a pidfd of the new process at exec': 'no such option',
    'descriptors: --preserve-fds names one that is not open': 'ignored',
    'socket activation: passes the descriptors of LISTEN_FDS, then the preserved ones': 'LISTEN_FDS is not set inside',
    'hooks: get the state on stdin, their arguments and exactly their environment': 'the bundle is / for startContainer',
    'hooks: that do not read their stdin do no harm': 'the broken pipe is a failure',
    'hooks: of kind poststart run after the program was started, with status running': 'sometimes before those of kind startContainer',
    'cgroup: a limit that is no number is refused': 'taken for a number',
    'update: takes sizes with suffixes': 'no suffixes',
    'update: lifts a limit with -1': 'fails for pids',
    'events: --stats prints one line of statistics': 'no such command',
    'events: reports when the kernel killed for lack of memory, and ends with the container': 'no such command',
    'events: prints statistics at the interval': 'no such command',
    'hooks: may ask for the state of their container': 'there is none yet',
    'mounts: have the propagation that the config asks for': 'shared is not kept',
    'mounts: show the cgroup of the container read-only': 'directories can be made in the tmpfs above the v1 hierarchies',
    'namespaces: may be named only once each': 'accepted',
    'process: refuses a relative directory': 'accepted',
    'lifecycle: gives the absolute path of the root file system in the state document': 'the path as it stands in the config',
    'lifecycle: says that an unknown container does not exist, whatever is asked': 'ps exits with 253',
    'lifecycle: refuses names with other characters than the specified ones': 'accepted',
    'kill: takes a name in lower case': 'taken for signal 0',
    'kill: refuses a signal that does not exist': 'taken for signal 0',
    'exec: has the environment, directory, limits and capabilities of the config': 'the directory is /',
    'exec: --env appends, --cwd and --user replace': '--env replaces the whole environment',
    'exec: --additional-gids adds groups, --cap adds capabilities': 'no --additional-gids',
    'exec: fails with 255 before the program runs': '1',
    'ps: hands further arguments to ps': 'no further arguments',
    'pause and resume: refuse what is paused already, and what is not paused': 'does nothing, with success',
    'run: with --keep leaves a stopped container': 'no such option',
    'run: with --keep still cleans up when the start failed': 'no such option',
    'pid file: is resolved against the directory of the caller': 'resolved against the bundle',
  },
}
