/** Media type of a tar of CRIU's images. */
export const CRIU_TAR_TYPE = 'application/vnd.containerd.container.criu.checkpoint.criu.tar'
