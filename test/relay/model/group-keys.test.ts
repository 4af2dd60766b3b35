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
