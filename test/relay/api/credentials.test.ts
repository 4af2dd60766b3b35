import { createHmac } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  basicCredentials,
  bearerToken,
  signatureMatches,
  tokenMatches,
} from '../../../relay/api/credentials.ts'

const compared = vi.hoisted(() => ({ lengths: [] as number[] }))

vi.mock('node:crypto', async (importOriginal) => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  return {
    ...crypto,
    timingSafeEqual: (a: Uint8Array, b: Uint8Array) => {
      compared.lengths.push(a.byteLength, b.byteLength)
      return crypto.timingSafeEqual(a, b)
    },
  }
})

beforeEach(() => {
  compared.lengths.length = 0
})

const TOKENS = ['first-token', 'second-token', 'third']

describe('tokenMatches', () => {
  it.each(TOKENS)('takes each of several tokens: %s', (token) => {
    expect(tokenMatches(token, TOKENS)).toBe(true)
  })

  it.each(['', 'first', 'first-token ', 'First-token', 'first-tokenx'])('refuses %j', (token) => {
    expect(tokenMatches(token, TOKENS)).toBe(false)
  })

  it.each(['first-token', 'nothing', ''])('compares %j with every token, as digests', (token) => {
    tokenMatches(token, TOKENS)
    expect(compared.lengths).toEqual([32, 32, 32, 32, 32, 32])
  })
})

describe('signatureMatches', () => {
  const body = Buffer.from([0x1f, 0x8b, 0x00, 0xff])
  const sign = (key: string, hash = 'sha256') => createHmac(hash, key).update(body).digest('hex')

  it.each(TOKENS)('takes a signature by %s', (key) => {
    expect(signatureMatches(`sha256=${sign(key)}`, body, TOKENS)).toBe(true)
    // Each key also with the line break of a file.
    expect(compared.lengths).toEqual(Array(12).fill(32))
  })

  it('takes a signature by a key and the line break of its file, as Flux makes one', () => {
    expect(signatureMatches(`sha256=${sign('third\n')}`, body, TOKENS)).toBe(true)
    expect(signatureMatches(`sha256=${sign('third\n\n')}`, body, TOKENS)).toBe(false)
    expect(signatureMatches(`sha256=${sign('\n')}`, body, TOKENS)).toBe(false)
  })

  it('reads hex in either case', () => {
    expect(signatureMatches(`sha256=${sign('third').toUpperCase()}`, body, TOKENS)).toBe(true)
  })

  it.each([
    ['another key', `sha256=${sign('other')}`],
    ['sha1', `sha1=${sign('third', 'sha1')}`],
    ['sha512', `sha512=${sign('third', 'sha512')}`],
    ['sha256 under the name of sha512', `sha512=${sign('third')}`],
    ['no prefix', sign('third')],
    ['a cut value', `sha256=${sign('third').slice(0, 62)}`],
    ['a longer value', `sha256=${sign('third')}00`],
    ['nothing', ''],
  ])('refuses %s', (_, header) => {
    expect(signatureMatches(header, body, TOKENS)).toBe(false)
  })

  it('refuses a signature of other bytes', () => {
    expect(signatureMatches(`sha256=${sign('third')}`, Buffer.from('other'), TOKENS)).toBe(false)
  })
})

describe('bearerToken', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer  a.b/c= ', 'a.b/c='],
    ['Basic abc', undefined],
    ['Bearer', undefined],
    ['Bearer a b', undefined],
    [undefined, undefined],
  ])('reads %j as %j', (header, token) => {
    expect(bearerToken(header)).toBe(token)
  })
})

describe('basicCredentials', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

  it.each([
    ['prod:token', { user: 'prod', password: 'token' }],
    ['prod:a:b::c', { user: 'prod', password: 'a:b::c' }],
    ['prod:', { user: 'prod', password: '' }],
    [':token', { user: '', password: 'token' }],
    ['prod:pässwörd', { user: 'prod', password: 'pässwörd' }],
  ])('reads %j', (text, expected) => {
    expect(basicCredentials(basic(text))).toEqual(expected)
  })

  it.each([basic('no colon'), 'Basic', 'Basic %%%', 'Bearer abc', undefined])(
    'refuses %j',
    (header) => {
      expect(basicCredentials(header)).toBeUndefined()
    },
  )
})
