import { expect, it } from 'vitest'
import { hostPortOf, hostPortText } from '../../../adapters/http/dial.ts'

it.each([
  ['https://a.test/b', 'a.test', 443, 'a.test:443'],
  ['http://a.test/b', 'a.test', 80, 'a.test:80'],
  ['https://a.test:80/', 'a.test', 80, 'a.test:80'],
  ['http://[2001:db8::1]:8080/', '2001:db8::1', 8080, '[2001:db8::1]:8080'],
  ['https://192.0.2.1', '192.0.2.1', 443, '192.0.2.1:443'],
])('dials where %s leads to', (url, host, port, text) => {
  const target = hostPortOf(new URL(url))
  expect(target).toEqual({ host, port })
  expect(hostPortText(target)).toBe(text)
})
