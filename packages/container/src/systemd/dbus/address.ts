/** Addresses of message buses. Pure. */

/** Socket paths of a bus address, in the order in which to try them. Only `unix:path=` is used: abstract sockets have no owner that could be
 *  trusted, and other transports lead off this machine.
 *  @see D-Bus specification, "Server Addresses" */
export function socketPaths(address: string): string[] {
  return address.split(';').flatMap((one) => {
    const path = one.startsWith('unix:') ? /(?:^|,)path=([^,]*)/.exec(one.slice('unix:'.length))?.[1] : undefined
    return path === undefined ? [] : [unescapeValue(path)]
  })
}

function unescapeValue(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
