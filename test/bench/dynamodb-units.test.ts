import { describe, expect, it } from 'vitest'
import { itemBytes, readUnits, writeUnits } from '../../bench/cost/dynamodb-units.ts'

const TABLE = {
  keys: ['id'],
  indexes: [{ keys: ['open', 'position'], projected: ['name'] }],
}

function item(changes: Readonly<Record<string, string>> = {}) {
  const texts = { id: 'a', position: '1', ...changes }
  return Object.fromEntries(Object.entries(texts).map(([name, S]) => [name, { S }]))
}

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
describe('units of DynamoDB', () => {
  it.each([
    ['names and values in UTF-8', { 'n\u00e9': { S: '\u20ac' } }, 6],
    ['two digits of a number in a byte, and one more', { n: { N: '1795166043000' } }, 7],
    ['no zeros at the ends of a number', { n: { N: '-0.0120' } }, 4],
    ['bytes, not their base64', { b: { B: 'AAEC' } }, 4],
    ['one for a truth', { t: { BOOL: true } }, 2],
    ['three for a list, and one for each entry', { l: { L: [{ S: 'ab' }, { S: 'c' }] } }, 9],
  ])('count %s', (_, value, bytes) => {
    expect(itemBytes(value)).toBe(bytes)
  })

  it('are one for 4 kB that are read, half of it where a stale answer will do', () => {
    expect([0, 4_096, 4_097].map((bytes) => readUnits(bytes, true))).toEqual([1, 1, 2])
    expect(readUnits(4_097, false)).toBe(1)
  })

  it('are one for each kilobyte that is written, before or after', () => {
    const large = item({ name: 'x'.repeat(1_100) })
    expect(writeUnits(TABLE, undefined, item())).toBe(1)
    expect(writeUnits(TABLE, undefined, large)).toBe(2)
    expect(writeUnits(TABLE, large, item())).toBe(2)
  })

  it.each([
    ['enters', item(), item({ open: 'o' }), 2],
    ['leaves', item({ open: 'o' }), item(), 2],
    ['moves in', item({ open: 'o' }), item({ open: 'p' }), 3],
    ['changes what is in', item({ open: 'o', name: 'n' }), item({ open: 'o', name: 'm' }), 2],
    ['changes nothing that is in', item({ open: 'o', x: '1' }), item({ open: 'o', x: '2' }), 1],
    ['is not in', item(), item({ x: '2' }), 1],
  ])('count what %s an index', (_, before, after, units) => {
    expect(writeUnits(TABLE, before, after)).toBe(units)
  })
})
