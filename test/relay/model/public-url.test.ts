import { describe, expect, it } from 'vitest'
import { deliveryPageUrl, parsePublicUrl } from '../../../relay/model/public-url.ts'

describe('a public URL', () => {
  it.each([
    ['https://relay.example.com', 'https://relay.example.com'],
    ['https://relay.example.com/', 'https://relay.example.com'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['https://tools.example.com/flux/', 'https://tools.example.com/flux'],
  ])('%s is read', (text, url) => {
    expect(parsePublicUrl(text)).toBe(url)
  })

  it.each([
    '',
    'relay.example.com',
    'ftp://relay.example.com',
    'https://user:password@relay.example.com',
    'https://user@relay.example.com',
    'https://relay.example.com/?a=b',
    'https://relay.example.com/#a',
  ])('is not %j', (text) => {
    expect(parsePublicUrl(text)).toBeUndefined()
  })

  it('has the pages of deliveries below it', () => {
    const page = 'https://e.x/console/deliveries/abc'
    expect(deliveryPageUrl('https://e.x', 'abc')).toBe(page)
    expect(deliveryPageUrl(undefined, 'abc')).toBeUndefined()
  })
})
