import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { startConsole } from '../../../support/console.ts'
import { deliveryRecord, event } from '../../../support/delivery-records.ts'
import { TOKENS } from '../../../support/embedded-server.ts'

describe('the frame of the console', () => {
  it('leads from /, /console and /console/ to the overview', async () => {
    const { get } = await startConsole()
    for (const path of ['/', '/console', '/console/']) {
      const { status, headers } = await get(path)
      expect([status, headers.location]).toEqual([303, '/console/overview'])
    }
  })

  it.each([
    '/console/nothing',
    '/console/deliveries/',
    '/console/replay',
    '/console/alerts/a/b?c=d',
  ])('says on a page that there is nothing at %s', async (path) => {
    const open = await startConsole()
    const { status, headers, text } = await open.get(path)
    expect([status, headers['content-type']]).toEqual([404, 'text/html; charset=utf-8'])
    expect(text).toContain('There is nothing at this address.')
    expect(text).toContain('href="/console/overview"')
    const closed = await startConsole(TOKENS)
    expect((await closed.get(path)).status).toBe(404)
    expect((await open.call('POST', '/console/nothing')).status).toBe(404)
    expect((await open.call('PUT', '/console/nothing')).status).toBe(405)
    // An address may be written in another way.
    expect((await open.get('/console/deliver%69es')).status).toBe(200)
    expect((await open.get('/consoles')).headers['content-type']).toBe('application/problem+json')
  })

  it('lets nothing run or load that is not a file of the console', async () => {
    const { get } = await startConsole()
    const { status, headers, text } = await get('/console/deliveries')
    expect(status).toBe(200)
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    )
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['cache-control']).toBe('no-store')
    expect(text).not.toMatch(/<script>|\sstyle=|\son[a-z]+=|https?:\/\/(?!127\.0\.0\.1|CLUSTER)/)
  })

  it('serves its files under names that change with their content, and small ones', async () => {
    const { get } = await startConsole()
    const { text } = await get('/console/deliveries')
    const paths = [...text.matchAll(/(?:src|href)="(\/console\/assets\/[^"]+)"/g)].map(
      ([, it]) => it,
    )
    const replies = await Promise.all(paths.map((path = '') => get(path)))
    expect(paths.join(' ')).toMatch(
      /^\/console\/assets\/console\.\w{12}\.css \S+console\.\w{12}\.js$/,
    )
    for (const { status, headers } of replies) {
      expect([status, headers['cache-control']]).toEqual([
        200,
        'public, max-age=31536000, immutable',
      ])
      expect(headers['content-type']).toMatch(/^text\/(css|javascript); charset=utf-8$/)
    }
    const [style, ...scripts] = replies.map(({ text }) => gzipSync(text).byteLength)
    expect(style).toBeLessThan(8 * 1024)
    expect(scripts.reduce((sum, size) => sum + size, 0)).toBeLessThan(20 * 1024)
    expect((await get('/console/assets/console.000000000000.css')).status).toBe(404)
    expect((await get('/console/assets/..%2Flayout.ts')).status).toBe(404)
  })

  it('comes in the scheme that the person chose, without a script that the page waits for', async () => {
    const { get } = await startConsole()
    const pageFor = async (cookie: string) => (await get('/console/deliveries', cookie)).text
    for (const scheme of ['light', 'dark']) {
      const text = await pageFor(`other=1; flux-relay-scheme=${scheme}`)
      expect(text).toContain(`<html lang="en" data-scheme="${scheme}">`)
      expect(text).toContain(`<meta name="color-scheme" content="${scheme}">`)
    }
    for (const cookie of ['', 'flux-relay-scheme=', 'flux-relay-scheme="><b>']) {
      const text = await pageFor(cookie)
      expect(text).toContain('<html lang="en">')
      expect(text).toContain('<meta name="color-scheme" content="light dark">')
      expect(text.match(/<script(?! defer )/)).toBeNull()
    }
  })

  it('shows how to send the first event while there is none', async () => {
    const { get, origin } = await startConsole()
    const { text } = await get('/console/deliveries')
    expect(text).toContain(`curl ${origin}/ `)
    expect(text).toContain(`--events-addr=${origin}/`)
  })

  it('stays small with a hundred rows', async () => {
    const { get, ports } = await startConsole()
    const { createHash } = await import('node:crypto')
    const records = Array.from({ length: 150 }, (_, index) =>
      deliveryRecord({
        id: createHash('sha256').update(`${index}`).digest('hex'),
        event: event(
          `app-${index}`,
          `Health check failed after ${index}s: Deployment/app-${index}`,
        ),
        acceptedAt: ports.clock.now() - index * 61_000,
      }),
    )
    ports.ledger.put(...records)
    const { text } = await get('/console/deliveries')
    expect(text.match(/<tr id="d-/g)).toHaveLength(100)
    expect(gzipSync(text).byteLength).toBeLessThan(15 * 1024)
    const older = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const rest = await get(older)
    expect(rest.text.match(/<tr id="d-/g)).toHaveLength(50)
    expect(rest.text).not.toContain('rel="next"')
  })

  it('shows what is wrong with an address, and the way out', async () => {
    const { get } = await startConsole()
    for (const name of ['deliveries', 'events']) {
      const { status, text } = await get(`/console/${name}?since=soon`)
      expect(status).toBe(400)
      expect(text).toMatch(
        /<div id="results">\s+<div class="state" role="alert">.+since: expected/s,
      )
      expect(text).toContain('name="since" value="soon"')
      expect(text).toContain(`href="/console/${name}">Clear filters`)
    }
    const short = await get('/console/deliveries?event=a1')
    expect([short.status, short.text]).toEqual([
      400,
      expect.stringContaining('event: expected at least 6 characters of its id'),
    ])
    expect((await get('/console/deliveries.csv?event=a1')).status).toBe(400)
  })

  it('says no more than that it failed when a store fails, and logs why', async () => {
    const { get, ports, failures } = await startConsole()
    ports.ledger.failure = new Error('disk on fire')
    const { status, text } = await get('/console/deliveries')
    expect(status).toBe(500)
    expect(text).toContain('Try again')
    expect(text).not.toContain('disk on fire')
    expect(failures).toMatchObject([
      { path: '/console/deliveries', err: { message: 'disk on fire' } },
    ])
  })
})
