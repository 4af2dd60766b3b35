import { describe, expect, it } from 'vitest'
import { SESSION_MS } from '../../../../hosts/kit/console/sessions.ts'
import { startConsole } from '../../../support/console.ts'
import { deliveryRecord } from '../../../support/delivery-records.ts'
import { OPERATOR, PROD, type Reply, TOKENS, VIEWER } from '../../../support/embedded-server.ts'
import { openEvents } from '../../../support/event-source.ts'
import { waitFor } from '../../../support/wait-for.ts'

function cookieOf({ headers }: Reply): string {
  return headers['set-cookie']?.[0]?.split(';')[0] ?? ''
}

type Console = Awaited<ReturnType<typeof startConsole>>

describe('logging in to the console', () => {
  it('is asked of everybody where there are tokens, and leads on to the page', async () => {
    const { get, post } = await startConsole(TOKENS)
    const asked = await get('/console/deliveries?outcome=dead')
    expect(asked.status).toBe(401)
    expect(asked.text).toContain('name="next" value="/console/deliveries?outcome=dead"')
    const form = { token: OPERATOR, next: '/console/deliveries?outcome=dead' }
    const reply = await post('/console/login', form)
    expect([reply.status, reply.headers.location]).toEqual([303, form.next])
    expect((await get(form.next, cookieOf(reply))).status).toBe(200)
  })

  it('keeps the session from scripts, from other sites and from use without an end', async () => {
    const { post } = await startConsole(TOKENS)
    const { headers } = await post('/console/login', { token: OPERATOR })
    expect(headers['set-cookie']?.[0]).toMatch(
      /^flux-relay-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=43200$/,
    )
    expect(headers['set-cookie']?.[0]).not.toContain(OPERATOR)
  })

  it('gives a cookie for HTTPS only under any name but this machine’s own', async () => {
    const { post } = await startConsole(TOKENS)
    const from = { Host: 'relay.example.com', Origin: 'https://relay.example.com' }
    const { headers } = await post('/console/login', { token: OPERATOR }, from)
    expect(headers['set-cookie']?.[0]).toMatch(/^__Host-flux-relay-session=\S+; .*; Secure$/)
  })

  it.each([['hunter2'], [PROD], ['']])('refuses the token %j', async (token) => {
    const { post } = await startConsole(TOKENS)
    const { status, headers, text } = await post('/console/login', { token })
    expect(status).toBe(403)
    expect(headers['set-cookie']).toBeUndefined()
    expect(text).toContain('no token of an operator')
    if (token !== '') expect(text).not.toContain(token)
  })

  it.each([['//evil.example/'], ['https://evil.example'], ['/\\evil.example'], ['/v1/deliveries']])(
    'does not lead on to %s',
    async (next) => {
      const { post } = await startConsole(TOKENS)
      const { headers } = await post('/console/login', { token: OPERATOR, next })
      expect(headers.location).toBe('/console/overview')
    },
  )

  it.each([
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a neighbour', { 'Sec-Fetch-Site': 'same-site' }],
    ['another origin', { Origin: 'http://127.0.0.1:1' }],
    ['a page without origin', { Origin: 'null' }],
  ])('takes no form of %s', async (_, headers) => {
    const { post } = await startConsole(TOKENS)
    const reply = await post('/console/login', { token: OPERATOR }, headers)
    expect(reply.status).toBe(403)
    expect(reply.headers['set-cookie']).toBeUndefined()
  })

  it.each([
    ['/console/deliveries?outcome=dead', '/console/deliveries?outcome=dead'],
    ['/console/deliveries/d1', '/console/deliveries/d1'],
    ['/console/try', '/console/try'],
    ['/console/replay', '/console/overview'],
    ['/v1/deliveries', '/console/overview'],
    [undefined, '/console/overview'],
  ])('says after a form of %s that nothing was done, and leads back there', async (page, next) => {
    const { origin, post, ports } = await startConsole(TOKENS)
    ports.ledger.put(deliveryRecord({ id: 'd1', outcome: 'dead' }))
    const from = page === undefined ? {} : { Referer: `${origin}${page}` }
    const { status, text } = await post('/console/replay', { id: 'd1', from: 'delivery' }, from)
    expect(status).toBe(401)
    expect(text).toContain('The session has ended, so nothing was done.')
    expect(text).toContain(`name="next" value="${next}"`)
    expect(ports.queue.retries).toEqual([])
  })

  it('leads back to the page of a form that the relay refused', async () => {
    const { origin, post, ports } = await startConsole()
    ports.ledger.put(deliveryRecord({ id: 'd1', outcome: 'delivered' }))
    const page = '/console/deliveries/d1'
    const form = { id: 'd1', from: 'delivery' }
    const { status, text } = await post('/console/dismiss', form, { Referer: `${origin}${page}` })
    expect(status).toBe(409)
    expect(text).toContain(`href="${page}">Try again</a>`)
  })

  it('leads back to no page of another host', async () => {
    const { post } = await startConsole(TOKENS)
    const from = { Referer: 'http://evil.example/console/deliveries' }
    const { text } = await post('/console/replay', { id: 'd1' }, from)
    expect(text).toContain('name="next" value="/console/overview"')
  })

  it('ends with the time, with the token, and with the log-out', async () => {
    const { get, post, ports, current } = await startConsole(TOKENS)
    const begin = async () => cookieOf(await post('/console/login', { token: VIEWER }))
    const status = async (cookie: string) => (await get('/console/deliveries', cookie)).status

    const timed = await begin()
    ports.clock.advance(SESSION_MS - 1)
    expect(await status(timed)).toBe(200)
    ports.clock.advance(1)
    expect(await status(timed)).toBe(401)

    const left = await begin()
    const reply = await post('/console/logout', {}, { Cookie: left })
    expect(reply.headers['set-cookie']?.[0]).toContain('Max-Age=0')
    expect(await status(left)).toBe(401)

    const withdrawn = await begin()
    current.tokens = { ...TOKENS, operators: TOKENS.operators.slice(0, 1) }
    expect(await status(withdrawn)).toBe(401)
  })

  it.each([
    ['the time', ({ ports }) => void ports.clock.advance(SESSION_MS)],
    ['the log-out', ({ post }, Cookie) => post('/console/logout', {}, { Cookie })],
    [
      'the token',
      ({ current }) => Object.assign(current, { tokens: { ...TOKENS, operators: [] } }),
    ],
  ] satisfies ReadonlyArray<readonly [string, (console: Console, cookie: string) => unknown]>)(
    'ends what is followed live with %s, and tells nothing after it',
    async (_, end) => {
      const started = await startConsole(TOKENS)
      const { server, feed, get, post } = started
      const Cookie = cookieOf(await post('/console/login', { token: VIEWER }))
      const source = await openEvents(server.port, '/console/deliveries/live', { Cookie })
      feed.changed(deliveryRecord({ id: 'a'.repeat(64), reason: 'while logged in' }))
      await waitFor(() => expect(source.text()).toContain('while logged in'))
      await end(started, Cookie)
      feed.changed(deliveryRecord({ id: 'b'.repeat(64), reason: 'after the session' }))
      await source.ended
      expect(source.text()).not.toContain('after the session')
      expect((await get('/console/deliveries/live', Cookie)).status).toBe(401)
    },
  )

  it('shows who is logged in, and a viewer no way to change anything', async () => {
    const { get, post, ports } = await startConsole(TOKENS)
    ports.ledger.put(deliveryRecord({ id: 'a'.repeat(64) }))
    const pageOf = async (token: string) =>
      (await get('/console/deliveries', cookieOf(await post('/console/login', { token })))).text
    const viewers = await pageOf(VIEWER)
    expect(viewers).toContain('vic <span class="muted">viewer</span>')
    expect(viewers).not.toContain('Replay the selected')
    expect(await pageOf(OPERATOR)).toContain('Replay the selected')
  })
})
