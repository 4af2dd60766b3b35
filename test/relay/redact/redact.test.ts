import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { secretPartsOfUrl } from '../../../relay/providers/secret-parts.ts'
import { createRedactor } from '../../../relay/redact/redact.ts'

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

  it.each([
    ['JSON as PHP writes it', JSON.stringify(SECRET).slice(1, -1).replaceAll('/', '\\/')],
    ['JSON as Go writes it', 'ghp_S3cr3t/\\u002bvalue\\"x'],
    ['JSON in JSON', JSON.stringify(JSON.stringify(SECRET)).slice(3, -3)],
    ['a URL in lower case', encodeURIComponent(SECRET).toLowerCase().replace('s3', 'S3')],
    ['a URL that leaves slashes alone', encodeURI(SECRET)],
    ['HTML', 'ghp_S3cr3t/+value&quot;x'],
    ['HTML by number', 'ghp_S3cr3t&#x2F;&#43;value&#34;x'],
    ['base64 in a URL', encodeURIComponent(btoa(`user:${SECRET}`))],
    ['base64 of JSON', btoa(JSON.stringify({ token: SECRET }))],
  ])('masks a value in %s', (_, form) => {
    const masked = redact(`before ${form} after`)
    expect(masked).toMatch(/^before .*\*\*\*.* after$/)
    expect(masked).not.toContain('S3cr3t')
    expect(masked).not.toContain('value')
  })

  it('masks what is left of a value where a text was cut', () => {
    for (let length = 4; length < SECRET.length; length += 1) {
      const start = SECRET.slice(0, length)
      expect(redact(`refused: ${start}`)).toBe('refused: ***')
      expect(redact(`refused: ${start}… (HTTP 400)`)).toBe('refused: ***… (HTTP 400)')
    }
  })

  it('masks values that overlap', () => {
    expect(createRedactor(['abcdefgh', 'efghijkl'])('x abcdefghijkl y')).toBe('x *** y')
  })

  it('masks a path that is percent-encoded, decoded too, and its parts', () => {
    const path = createRedactor(['/hooks/s%C3%A9cret%2F12345/x'])
    expect(path('/hooks/s\u00e9cret/12345/x')).toBe('***')
    expect(path('part s%C3%A9cret%2F12345, s%c3%a9cret%2f12345')).toBe('part ***, ***')
  })

  it('masks the password of a pair, whatever it looks like', () => {
    expect(createRedactor(['robot:hunter'])('robot, hunter.')).toBe('robot, ***.')
  })

  it('masks a value of several lines or spaces in one line', () => {
    expect(createRedactor(['two  spaces\tand\ntab'])('x two spaces and tab y')).toBe('x *** y')
  })

  it('takes no time for a secret that is a long line of dashes', () => {
    const startedAt = performance.now()
    expect(createRedactor([`${'-'.repeat(20_000)}x`])('nothing')).toBe('nothing')
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  it('takes no time for many secrets that are not there', () => {
    const values = Array.from({ length: 5_000 }, (_, n) => `${10_000 + n * 7_919}-secret`)
    const many = createRedactor(values)
    const text = 'no secret here; '.repeat(1_280)
    const took = Array.from({ length: 20 }, () => {
      const startedAt = performance.now()
      expect(many(text)).toBe(text)
      return performance.now() - startedAt
    })
    // The shortest: a busy machine can make any one of them long.
    expect(Math.min(...took)).toBeLessThan(100)
  })

  it.each([
    ['a token', 'abcdefghijklmnopqr', 'bad token abcdefghijklmn!', 'bad token ***!'],
    ['a token', 'glpat-Kx7_wQz19Lm', 'no Kx7_wQz19, no Lm', 'no ***, no Lm'],
    ['a password of words', 'correct horse battery', 'got rect horse bat.', 'got ***.'],
    ['a password with = and :', 'ab=cd:ef&gh;ij', 'got b=cd:ef&gh;i', 'got ***'],
    ['a path', '/services/T024/B0/aBcDeFgHiJkL', 'at /services/T024/B0/aBcDe!', 'at /se***!'],
    [
      'a query',
      'key=AIzaSyD9x3&token=k2J7pQ4vXy',
      'key=AIzaSyD9 token=2J7pQ4vX',
      'key=*** token=***',
    ],
    ['a header', 'Bearer eyJhbGciOiJIUzI1NiJ9', 'Bearer eyJhbGciOi is bad', 'Bearer *** is bad'],
    [
      'a URL',
      'https://hooks.example.com/x/9f8e7d6c5b4a',
      'hooks.example.com/x/9f8e7d6c5',
      'hooks.example.com***',
    ],
    [
      'a key',
      '-----BEGIN PRIVATE KEY-----\nMIIBVgIBADANBgkq\n-----END PRIVATE KEY-----',
      'BEGIN PRIVATE KEY IIBVgIBAD',
      'BEGIN PRIVATE KEY ***',
    ],
    [
      'JSON',
      '{"private_key_id": "0123456789abcdef", "type": "service_account"}',
      'private_key_id 23456789ab of service_account',
      'private_key_id *** of service_account',
    ],
    [
      'a connection string',
      'Endpoint=sb://a.servicebus.windows.net/;SharedAccessKey=c2VjcmV0LWtleS0=;EntityPath=flux-events;',
      'SharedAccessKey=ecretLWt VjcmV0LWtl of flux-events',
      'SharedAccessKey=ecretLWt *** of flux-events',
    ],
    ['a cookie', 'session=4f2a81bc97; theme=dark', 'session=f2a81bc9', 'session=***'],
    [
      'base64',
      'abcdefghijklmnopqr',
      `Basic ${btoa('bot:abcdefghijklmnopqr').slice(0, 20)}=`,
      'Basic Ym90Om***=',
    ],
  ])('masks a part of %s', (_, value, text, expected) => {
    expect(createRedactor(secretPartsOfUrl(value))(text)).toBe(expected)
  })

  it.each([
    ['/api/webhooks/1234567890/aBcDeFgH', 'unknown webhook at /api/webhooks/ or /webhooks'],
    ['/v1/spaces/AAAA/messages?key=AIzaSyD9x3&token=k2J7pQ4v', '/v1/spaces/ messages?key= token='],
    ['https://hooks.example.com:8443/x', 'cannot reach https://hooks.example.com:8443'],
    ['nats://nats.example.com:4222', 'nats.example.com:4222'],
    ['{"token_uri": "https://oauth2.googleapis.com/token"}', 'token_uri oauth2.googleapis.com'],
    [
      'Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=a;EntityPath=flux-events',
      'https://a.servicebus.windows.net/flux-events/messages by SharedAccessKey',
    ],
    [
      '{"project_id": "example", "client_email": "relay-1@example.iam.gserviceaccount.com"}',
      'relay-1@example.iam.gserviceaccount.com',
    ],
  ])('of %s masks no host, scheme, name of a field or word of a path', (value, text) => {
    expect(createRedactor(secretPartsOfUrl(value))(text)).toBe(text)
  })

  it('shows seven characters of a token at most, wherever it is cut', () => {
    const token = 'k7Qz2mPx9LwR4tYv8B'
    const redactToken = createRedactor([token])
    for (let start = 0; start < token.length; start += 1) {
      for (let end = start + 8; end <= token.length; end += 1) {
        expect(redactToken(`<${token.slice(start, end)}>`)).toBe('<***>')
      }
    }
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

  it('never lets a value through that was escaped, again and again, and cut', () => {
    const encoders = [
      (text: string) => JSON.stringify(text),
      encodeURIComponent,
      (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;'),
    ] as const
    const steps = fc.array(fc.constantFrom(...encoders), { maxLength: 3 })
    fc.assert(
      fc.property(steps, fc.string(), fc.string(), fc.nat(80), (chain, before, after, length) => {
        const text = chain.reduce((t, encode) => encode(t), `${before}${SECRET}${after}`)
        const cut = text.slice(0, length)
        expect(redact(text)).not.toContain('S3cr3t')
        if (!cut.endsWith('%') && !cut.endsWith('\\')) expect(redact(cut)).not.toMatch(/ghp_S3cr/)
      }),
    )
  })
})
