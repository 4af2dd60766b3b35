import { expect, it } from 'vitest'
import { spooledEvents } from '../../../relay/api/spooled-events.ts'

it.each([
  ['0', 0],
  ['1204', 1_204],
  ['999999999', 999_999_999],
  ['1000000000', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['', undefined],
  ['many', undefined],
  [undefined, undefined],
])('reads %j as %s events', (text, events) => {
  const headers = text === undefined ? {} : { 'flux-relay-spooled': text }
  expect(spooledEvents({ headers })).toBe(events)
})
