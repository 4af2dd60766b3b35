import { expect, it } from 'vitest'
import { nearestName } from '../../../relay/model/nearest-name.ts'

it.each([
  ['stringdata', 'stringData'],
  ['StrinDta', 'stringData'],
  ['StrnDta', undefined],
  ['slcak', 'slack'],
  ['s'.repeat(65), undefined],
])('takes %s for %s', (name, expected) => {
  expect(nearestName(name, ['slack', 'stringData'])).toBe(expected)
})
