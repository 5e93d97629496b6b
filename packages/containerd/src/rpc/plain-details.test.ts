import { expect, test } from 'vitest'
import { plainDetails } from './plain-details.ts'

test.each([
  ['No connection established. Last error: Error: connect ENOENT /run/x.sock. Resolution note: ', 'connect ENOENT /run/x.sock'],
  ['No connection established. Last error: connect EACCES /x. Resolution note: a: b\nc', 'connect EACCES /x'],
  [
    'No connection established. Last error: Failed to connect (2026-01-01T00:00:00.000Z). Resolution note: ',
    'whoever listens there does not speak gRPC, or has closed the connection',
  ],
  ['Deadline exceeded after 0.301s,LB pick: 0.002s,remote_addr=/run/x.sock', 'no answer within 0.301 s'],
  ['Connection dropped', 'Connection dropped'],
  ['container "a" in namespace "ns": not found', 'container "a" in namespace "ns": not found'],
])('%j', (details, plain) => {
  expect(plainDetails(details)).toBe(plain)
})
