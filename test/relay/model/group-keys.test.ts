import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { groupKeys } from '../../../relay/model/group-keys.ts'

it('names the keys of a group, however many groups there are', () => {
  const groups = ['', ...Array.from({ length: 200 }, (_, index) => `group-${index}.example.com`)]
  for (const group of [...groups, ...groups]) {
    expect(groupKeys(group)).toEqual({
      prefix: `${group}/`,
      originRevision: `${group}/originRevision`,
      revision: `${group}/revision`,
      token: `${group}/token`,
    })
  }
})

it('keeps no large text in memory of which a group is a part', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heldBy = (count: number, group: (index: number) => string) => {
    collect()
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < count; index += 1)
      expect(groupKeys(group(index)).prefix).toMatch(/\/$/)
    collect()
    return process.memoryUsage().heapUsed - before
  }
  const large = (index: number) => `large-${index}.example.com/${'x'.repeat(2_000_000)}`
  // As parsed from a body, it is on the heap that is measured; one from a buffer would not be.
  const part = (index: number) => {
    const [group = ''] = String(JSON.parse(JSON.stringify(large(index)))).split('/', 1)
    return group
  }
  expect(heldBy(12, part)).toBeLessThan(10_000_000)
  expect(heldBy(12, large)).toBeLessThan(10_000_000)
})
