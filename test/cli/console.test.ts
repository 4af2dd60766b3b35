import { describe, expect, it } from 'vitest'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import type { ExpectedVersion } from '../../relay/ports/versioned.ts'
import { stackTargets } from '../support/command-targets.ts'
import { startConsole } from '../support/console.ts'
import { deliveryRecord, event, type RecordChanges } from '../support/delivery-records.ts'
import { TOKENS, VIEWER } from '../support/embedded-server.ts'
import { openEvents } from '../support/event-source.ts'
import { openConsole } from '../support/opened-console.ts'
import { provider } from '../support/relay-harness.ts'
import { waitFor } from '../support/wait-for.ts'

const ID = 'a'.repeat(64)

/** The delivery that waits. */
const WAITS = 'c'.repeat(64)

const BUSY = '5b1d0c5e-0000-4000-8000-000000000000'

const ALERT = {
  providerRef: { name: 'hook' },
  eventSources: [{ kind: 'Kustomization', name: '*' }],
}

describe('flux-relay console', () => {
  it('serves the pages for a relay elsewhere, to who has the address and with the token’s rights', async () => {
    const relay = await startConsole(TOKENS)
    relay.ports.ledger.put(deliveryRecord({ id: ID, outcome: 'dead', reason: 'slack said no' }))
    const token = { FLUX_RELAY_TOKEN: VIEWER }
    const { program, origin, opened, get, post } = await openConsole(
      ['--relay', relay.origin],
      token,
    )

    expect((await fetch(`${origin}/console/deliveries`)).status).toBe(401)
    expect((await fetch(`${origin}/console/open/wrong`)).status).toBe(404)
    expect([opened.status, opened.headers.get('location')]).toEqual([303, '/console/overview'])
    for (const path of ['overview', 'deliveries', `deliveries/${ID}`, 'events', 'clusters']) {
      expect([path, (await get(path)).status]).toEqual([path, 200])
    }
    expect((await get('deliveries')).text).toContain('slack said no')

    const refused = await post('replay', { id: ID, from: 'delivery' })
    expect([refused.status, await refused.text()]).toEqual([
      403,
      expect.stringContaining('vic has the role viewer'),
    ])

    await relay.server.close(0)
    expect(await get('deliveries')).toEqual({
      status: 502,
      text: expect.stringContaining('cannot reach the relay'),
    })
    expect(await program.end('SIGTERM')).toMatchObject({ code: 0, stderr: '' })
  })

  it('follows what comes and changes at a relay elsewhere, by the filters of the list', async () => {
    const relay = await startConsole(TOKENS)
    const { program, origin, Cookie, get } = await openConsole(
      ['--relay', relay.origin, '--cluster', 'local'],
      { FLUX_RELAY_TOKEN: VIEWER },
    )
    relay.ports.ledger.put(deliveryRecord({ id: ID }))
    expect((await get('deliveries')).text).toContain('hx-sse:connect="/console/deliveries/live?')
    const path = '/console/deliveries/live?outcome=dead'
    const port = Number(new URL(origin).port)
    const first = await openEvents(port, path, { Cookie })
    const put = (id: string, changes = {}) => {
      const record = deliveryRecord({ id, outcome: 'dead', ...changes })
      relay.ports.ledger.put(record)
      relay.streamFeed.changed(record)
    }
    put('a', { event: event('podinfo', 'two\nlines') })
    put('b', { cluster: 'other' })
    put('c', { outcome: 'delivered' })
    put('d')
    const rows = (text: string) => [...text.matchAll(/<tr id="d-(\w+)">/g)].map(([, id]) => id)
    await waitFor(() => expect(rows(first.text())).toEqual(['a', 'd']))
    expect(first.text()).toContain('two\ndata: lines')
    const seen = first.events().findLast(({ id }) => id !== undefined)?.id ?? ''
    first.request.destroy()
    put('e')
    const again = await openEvents(port, path, { Cookie, 'Last-Event-ID': seen })
    await waitFor(() => expect(rows(again.text())).toEqual(['e']))
    // A list that a browser asks for anew where it is told nothing of what it missed.
    const lost = await openEvents(port, path, { Cookie, 'Last-Event-ID': 'ffffffff-1' })
    expect(lost.text()).toContain('event: missed\n')
    // What comes after the list was read and before a browser has connected.
    const [, address = ''] = /hx-sse:connect="([^"]+)"/.exec((await get('deliveries')).text) ?? []
    put('f', { outcome: 'delivered' })
    const next = await openEvents(port, address.replaceAll('&amp;', '&'), { Cookie })
    await waitFor(() => expect(rows(next.text())).toEqual(['f']))
    next.request.destroy()
    await relay.server.close(0)
    await Promise.all([again.ended, lost.ended])
    expect((await get('deliveries/live')).status).toBe(502)
    expect(await program.end('SIGTERM')).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('flux-relay console --stack', () => {
  const { open } = stackTargets()
  const CLUSTER = ['--cluster', 'prod'] as const

  /** A relay on AWS with a cluster, one of whose two Providers fails. */
  async function troubled() {
    const target = await open()
    const { ports } = target
    await ports.configs.replace(
      await reconcile(
        'prod',
        [
          provider('hook', { type: 'generic', address: 'https://hook.example' }),
          {
            ...provider('busy', { type: 'generic', address: 'https://busy.example' }),
            metadata: { name: 'busy', namespace: 'flux-system', uid: BUSY },
          },
          { kind: 'Alert', metadata: { name: 'on-call', namespace: 'flux-system' }, spec: ALERT },
        ],
        Date.now(),
        ports.secrets,
      ),
    )
    const at = (minutes: number) => ({ acceptedAt: Date.now() - minutes * 60_000 })
    const busy = { namespace: 'flux-system', name: 'busy', uid: BUSY, type: 'generic' }
    const waits = { outcome: 'retry', reason: 'busy answered 503', provider: busy } as const
    const records = [
      deliveryRecord({ id: ID, cluster: 'prod', ...at(1), outcome: 'dead', reason: 'it said no' }),
      deliveryRecord({ id: 'b'.repeat(64), cluster: 'prod', ...at(90) }),
      deliveryRecord({ id: WAITS, cluster: 'prod', ...at(2), ...waits, tries: 2 }),
      deliveryRecord({ id: 'd'.repeat(64), cluster: 'prod', ...at(60 * 30) }),
    ]
    await ports.ledger.writeMany(records.map((record) => ({ record, expected: 'absent' as const })))
    return target
  }

  it('shows the parts of one cluster with the person’s own rights, and says what its numbers are', async () => {
    const { stack, env, retries } = await troubled()
    const { program, get, post } = await openConsole(['--stack', stack, ...CLUSTER], env)
    const overview = (await get('overview')).text
    expect(overview).toContain('1 destination fails now')
    expect(overview).toContain('busy answered 503')
    expect(overview).toContain('50 % of 2')
    expect(overview).toContain('outcomes are those that the latest 2,000 deliveries')
    expect(overview).toContain('it said no')
    expect(overview).not.toContain('every 10s')
    const list = (await get('deliveries')).text
    expect(list.match(/<tr id="d-/g)).toHaveLength(4)
    for (const path of [`deliveries/${ID}`, 'events', 'clusters', 'try', 'deliveries.csv']) {
      expect([path, (await get(path)).status]).toEqual([path, 200])
    }
    expect((await get('alerts')).text).toMatch(/on-call[\s\S]*50 % of 2/)
    const silence = { kind: 'Alert', cluster: 'prod', namespace: 'flux-system', name: 'on-call' }
    const silenced = { ...silence, confirmed: 'yes', duration: '1h', reason: 'we work on it' }
    expect((await post('silence', silenced)).status).toBe(303)
    expect((await get('alerts')).text).toContain('1 silence in force')
    expect((await get('providers')).text).toMatch(/busy[\s\S]*nothing delivered yet/)
    const replayed = await post('replay', { id: ID, from: 'delivery' })
    expect([replayed.status, replayed.headers.get('location')]).toEqual([
      303,
      `/console/deliveries/${ID}`,
    ])
    expect(await retries()).toMatchObject([{ deliveryId: ID }])
    expect((await program.end('SIGTERM')).code).toBe(0)
  })

  it('follows what comes and changes by asking the ledger, as the list’s filters say', async () => {
    const { stack, env, ports } = await troubled()
    const { program, origin, Cookie, get } = await openConsole(['--stack', stack, ...CLUSTER], env)
    const filters = 'outcome=retry%2Cdead%2Cdelivered'
    const list = (await get(`deliveries?${filters}`)).text
    expect(list).toContain(`hx-sse:connect="/console/deliveries/live?${filters}"`)
    const write = (changes: RecordChanges, expected: ExpectedVersion = 'absent') =>
      ports.ledger.writeMany([
        { record: deliveryRecord({ cluster: 'prod', ...changes }), expected },
      ])
    // It came after the list, and before the browser followed it.
    await write({ id: 'early', acceptedAt: Date.now() })
    const port = Number(new URL(origin).port)
    const source = await openEvents(port, `/console/deliveries/live?${filters}`, { Cookie })
    const rows = () => [...source.text().matchAll(/<tr id="d-(\w+)">/g)].map(([, id]) => id)
    await waitFor(() => expect(rows()).toEqual(['early']))
    await write({ id: 'new', acceptedAt: Date.now(), outcome: 'dead' })
    await write({ id: 'skipped', acceptedAt: Date.now(), outcome: 'skipped' })
    await write({ id: WAITS, acceptedAt: Date.now() - 120_000, reason: 'at last' }, 1)
    await waitFor(() => expect(rows().toSorted()).toEqual([WAITS, 'early', 'new']))
    expect(source.text()).toContain('at last')
    expect((await program.end('SIGTERM')).code).toBe(0)
    await source.ended
  })

  it('says in the list why it cannot follow', async () => {
    const { stack, env, cloudFormation } = await open()
    const outputs = cloudFormation.stacks.get(stack) ?? {}
    cloudFormation.stacks.set('gone', { ...outputs, LedgerTable: 'nosuch' })
    const { program, origin, Cookie } = await openConsole(['--stack', 'gone', ...CLUSTER], env)
    const port = Number(new URL(origin).port)
    const source = await openEvents(port, '/console/deliveries/live', { Cookie })
    await waitFor(() => expect(source.events().at(-1)?.event).toBe('trouble'))
    expect(source.events().at(-1)?.data).toMatch(/^AWS: ResourceNotFoundException/)
    expect((await program.end('SIGTERM')).code).toBe(0)
  })

  it('shows what AWS refuses as a page', async () => {
    const { stack, env, cloudFormation } = await open()
    const outputs = cloudFormation.stacks.get(stack) ?? {}
    cloudFormation.stacks.set('half', { ...outputs, LedgerTable: 'nosuch' })
    const { program, get } = await openConsole(['--stack', 'half', ...CLUSTER], env)
    for (const path of ['overview', 'deliveries']) {
      const { status, text } = await get(path)
      expect([path, status]).toEqual([path, 502])
      expect(text).toContain('AWS: ResourceNotFoundException')
    }
    await program.end('SIGTERM')
  })
})
