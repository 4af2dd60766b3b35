import { expect, it } from 'vitest'
import { shipperVersion } from '../../../relay/api/shipper-version.ts'

it.each([
  ['flux-relay/0.1.0', '0.1.0'],
  ['flux-relay/1.2.3-rc.1+build.5', '1.2.3-rc.1+build.5'],
  ['curl/8.5.0', undefined],
  ['flux-relay/', undefined],
  ['flux-relay/0.1.0 (x)', undefined],
  [`flux-relay/${'1'.repeat(65)}`, undefined],
  ['my-flux-relay/0.1.0', undefined],
  [undefined, undefined],
])('reads %j as the version %s', (userAgent, version) => {
  const headers = userAgent === undefined ? {} : { 'user-agent': userAgent }
  expect(shipperVersion({ headers })).toBe(version)
})
