import { describe, expect, it } from 'vitest'
import { startConsole } from '../../../support/console.ts'
import { TOKENS, VIEWER } from '../../../support/embedded-server.ts'
import { START } from '../../../support/manual-clock.ts'

const PROVIDER = { cluster: 'prod', namespace: 'apps', name: 'chat' }

/** A console whose cluster has one Provider of this type, whose destination answers 503. */
async function started(type: string, tokens?: typeof TOKENS) {
  const clusters = [{ cluster: 'prod', configuredAt: START }]
  const console = await startConsole(tokens, { clusters })
  const answer = { kind: 'response', status: 503, headers: {}, body: 'busy', truncated: false }
  Object.assign(console.ports.http, { send: async () => ({ ...answer, receivedAt: START }) })
  const metadata = { namespace: 'apps', name: 'chat' }
  const manifest = {
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Provider',
    metadata,
    spec: { type, address: 'https://hooks.test/x' },
  }
  const ready = { ready: true, reason: 'Succeeded', message: 'Initialized' }
  await console.ports.configs.replace({
    ...{ cluster: 'prod', revision: 'r1', takenAt: START },
    manifests: [manifest],
    objects: [{ kind: 'Provider', ...metadata, ...ready }],
  })
  return console
}

describe('testing a Provider from the console', () => {
  it('asks what to send first, sends it once, and shows what came of it', async () => {
    const { get, post, ports } = await started('generic')
    const { text } = await get('/console/providers')
    expect(text).toContain('aria-label="Send a test to apps/chat">Test</button>')
    const asked = await post('/console/test-provider', PROVIDER)
    expect(asked.text).toContain('Send a test to apps/chat?')
    expect((await ports.ledger.list({}, 10)).records).toEqual([])
    const form = { ...PROVIDER, confirmed: 'yes', severity: 'error', message: 'Hello', commit: ' ' }
    const { status, headers } = await post('/console/test-provider', form)
    expect(status).toBe(303)
    const [record] = (await ports.ledger.list({}, 10)).records
    expect(headers.location).toBe(`/console/deliveries/${record?.id}`)
    expect(record).toMatchObject({
      event: { severity: 'error', message: 'Hello' },
      test: {},
      tries: 1,
    })
    const shown = await get(headers.location ?? '')
    expect(shown.text).toContain('503')
  })

  it('says what a type needs that was not given', async () => {
    const { post, ports } = await started('github')
    const form = { ...PROVIDER, confirmed: 'yes', severity: 'info' }
    const { status, text } = await post('/console/test-provider', form)
    expect([status, text]).toEqual([400, expect.stringContaining('commit')])
    const wrong = await post('/console/test-provider', { ...form, changeRequest: 'first' })
    expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('changeRequest')])
    expect(wrong.text).toContain('expected the number of a pull request, such as 12')
    expect((await ports.ledger.list({}, 10)).records).toEqual([])
  })

  it('refuses a form that names no Provider, or one that is not there', async () => {
    const { post } = await started('generic')
    expect((await post('/console/test-provider', { cluster: 'prod' })).status).toBe(400)
    const form = { ...PROVIDER, name: 'nosuch', confirmed: 'yes' }
    const { status, text } = await post('/console/test-provider', form)
    expect([status, text]).toEqual([404, expect.stringContaining('apps/nosuch')])
  })

  it('is nothing for a viewer, nor for an Alert', async () => {
    const { post, get } = await started('generic', TOKENS)
    const next = '/console/providers'
    const { headers } = await post('/console/login', { token: VIEWER, next })
    const [cookie = ''] = String(headers['set-cookie']).split(';')
    expect((await get(next, cookie)).text).not.toContain('test-provider')
    const forced = await post('/console/test-provider', PROVIDER, { Cookie: cookie })
    expect(forced.status).toBe(403)
    const open = await started('generic')
    expect((await open.get('/console/alerts')).text).not.toContain('test-provider')
  })
})
