import fc from 'fast-check'
import { anyCharacter } from './any-character.ts'

const UNRESERVED = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~.'

/** What stands for one character in a path, a query or a fragment. */
const part = fc.oneof(
  { arbitrary: fc.constantFrom(...UNRESERVED, ...":@!$&'()*+,;="), weight: 9 },
  { arbitrary: anyCharacter.map(encodeURIComponent), weight: 1 },
)

const text = (maxLength: number) => fc.string({ unit: part, maxLength })

const path = fc
  .array(text(10), { maxLength: 5 })
  .map((segments) => segments.map((segment) => `/${segment}`).join(''))

const afterMark = (mark: string) =>
  fc.option(text(20)).map((value) => (value === null ? '' : `${mark}${value}`))

/**
 * URLs of the web, with queries and fragments. fast-check's own `webUrl` first makes a table of all 1.1 million
 * code points, which takes more than a second a process.
 */
export const webUrl: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('http', 'https'), fc.domain(), path, afterMark('?'), afterMark('#'))
  .map(([scheme, host, ...rest]) => `${scheme}://${host}${rest.join('')}`)
