import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../relay/redact.ts'

const SECRET = 'ghp_S3cr3t/+value"x'

describe('redactor', () => {
  const redact = createRedactor([SECRET])

  it.each([
    ['as it is', SECRET],
    ['URL-encoded', encodeURIComponent(SECRET)],
    ['JSON-escaped', JSON.stringify(SECRET).slice(1, -1)],
    ['in base64', Buffer.from(SECRET).toString('base64')],
    ['in base64url', Buffer.from(SECRET).toString('base64url')],
  ])('masks a value %s', (_, form) => {
    expect(redact(`before ${form} after`)).not.toContain(form)
    expect(redact(`before ${form} after`)).toMatch(/^before .*\*\*\*.* after$/)
  })

  it('masks the base64 of a Basic header wherever the value starts', () => {
    for (const user of ['', 'u', 'us', 'use']) {
      const header = Buffer.from(`${user}:${SECRET}:tail`).toString('base64')
      const masked = redact(header)
      expect(masked).toContain('***')
      expect(Buffer.from(masked.replaceAll('***', ''), 'base64').toString()).not.toContain('S3cr3t')
    }
  })

  it('masks each credential-like part of a webhook path, and no plain word', () => {
    const path = createRedactor(['/services/T024BE7LD/B0/aBcDeFgHiJkLmNoPqRsT'])
    expect(path('T024BE7LD aBcDeFgHiJkLmNoPqRsT services')).toBe('*** *** services')
  })

  it('masks each line of a PEM', () => {
    const pem = createRedactor([
      '-----BEGIN KEY-----\nMIIBVgIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----',
    ])
    expect(pem('x hkiG9w0BAQEFAASC y')).toBe('x *** y')
  })

  it('leaves texts alone when a value is empty or tiny', () => {
    expect(createRedactor(['', 'a', 'ok'])('a book')).toBe('a book')
  })

  it('never lets a long value through', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4 }), fc.string(), fc.string(), (value, before, after) => {
        fc.pre(!'***'.includes(value))
        expect(createRedactor([value])(`${before}${value}${after}`)).not.toContain(
          value.includes('*') ? `${value}${value}` : value,
        )
      }),
    )
  })
})
