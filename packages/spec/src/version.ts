/** Version of the OCI runtime specification that teu follows, as documents name it. */
export const OCI_VERSION = '1.3.0'
/** Its minor number; configs of a later 1.x are accepted with a warning. */
export const OCI_VERSION_MINOR = 3
