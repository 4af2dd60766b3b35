import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { hashParts } from '../../../relay/model/hash.ts'

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex')

// Ids of events, deliveries and objects are stored, so they must stay what they are.
it.each([
  [[], ''],
  [['a', 'bc'], '1:a2:bc'],
  [['', ''], '0:0:'],
  [['prod-eu-1', 'Kustomization'], '9:prod-eu-113:Kustomization'],
  [['ü', '日本'], '2:ü6:日本'],
  // Halves of one character in two parts are two characters that are none.
  [['a\ud83d', '\ude00b'], '4:a\ufffd4:\ufffdb'],
])('hashes %j as SHA-256 of each part behind its length in bytes', (parts, framed) => {
  expect(hashParts(...parts)).toBe(sha256(framed))
})
