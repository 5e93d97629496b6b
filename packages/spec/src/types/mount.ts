/** One line of a uid or gid map. @see user_namespaces(7) */
export interface LinuxIDMapping {
  containerID: number
  hostID: number
  /** At least 1. */
  size: number
}

/** Something to mount into the container. @see runtime-spec config.md "Mounts" */
export interface Mount {
  /** Path inside the container. A relative one counts from `/`. */
  destination: string
  /** File system type; a dummy for bind mounts. */
  type?: string | undefined
  /** For bind mounts a host path, absolute or relative to the bundle. */
  source?: string | undefined
  /** As in fstab(5); a mount with `bind` or `rbind` among them is a bind mount. */
  options?: readonly string[] | undefined
  /** Id map of this mount; both or none. */
  uidMappings?: readonly LinuxIDMapping[] | undefined
  gidMappings?: readonly LinuxIDMapping[] | undefined
}
