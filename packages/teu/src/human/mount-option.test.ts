import { describe, expect, it } from 'vitest'
import { parseMount } from './mount-option.ts'

describe('parseMount()', () => {
  it.each([
    ['type=bind,src=/data,dst=/d', { type: 'bind', source: '/data', destination: '/d', readonly: false }],
    ['type=bind,source=data,target=/d,ro', { type: 'bind', source: '/work dir/data', destination: '/d', readonly: true }],
    ['src=.,destination=/d,readonly=true', { type: 'bind', source: '/work dir', destination: '/d', readonly: true }],
    ['type=tmpfs,dst=/t', { type: 'tmpfs', destination: '/t', readonly: false }],
    [
      'type=tmpfs,dst=/t,tmpfs-size=64k,tmpfs-mode=1777',
      { type: 'tmpfs', destination: '/t', readonly: false, sizeBytes: 65536, mode: 0o1777 },
    ],
  ])('reads %s', (text, mount) => {
    expect(parseMount(text, '/work dir')).toEqual(mount)
  })

  it.each([
    ['', 'unknown field ""'],
    ['type=bind,dst=/d', 'src is missing'],
    ['type=bind,src=/a', 'dst must be an absolute path'],
    ['type=bind,src=/a,dst=d', 'dst must be an absolute path'],
    ['type=nfs,src=/a,dst=/d', 'type must be bind or tmpfs, got "nfs"'],
    ['type=tmpfs,src=/a,dst=/d', 'a tmpfs mount has no source'],
    ['type=bind,src=/a,dst=/d,size=1m', 'a bind mount has no size'],
    ['type=bind,src=/a,src=/b,dst=/d', '"src" is given twice'],
    ['type=bind,src=/a,dst=/d,ro=maybe', 'ro must be true or false'],
    ['type=bind,src=/a,dst=/d,bind-propagation=shared', 'unknown field "bind-propagation"'],
    ['type=tmpfs,dst=/d,mode=999', 'mode must be octal'],
    ['__proto__=x', 'unknown field "__proto__"'],
  ])('refuses "%s"', (text, reason) => {
    expect(() => parseMount(text, '/')).toThrow(`--mount ${text}: ${reason}`)
  })
})
