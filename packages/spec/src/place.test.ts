import { describe, expect, it } from 'vitest'
import { dottedPath, placeOf, pointerOf } from './place.ts'

describe('places', () => {
  it.each([
    ['', ''],
    ['/mounts/3/destination', 'mounts[3].destination'],
    ['/linux/sysctl/net.ipv4.ip_forward', 'linux.sysctl["net.ipv4.ip_forward"]'],
    ['/annotations/a~1b~0c', 'annotations["a/b~c"]'],
    ['/annotations/', 'annotations[""]'],
    ['/0/007', '[0]["007"]'],
  ])('%s reads %s', (pointer, path) => {
    expect(pointerOf(placeOf(pointer))).toBe(pointer)
    expect(dottedPath(placeOf(pointer))).toBe(path)
  })
})
