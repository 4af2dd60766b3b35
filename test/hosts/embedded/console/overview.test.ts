import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { hourOf } from '../../../../relay/model/outcome-count.ts'
import { outcomeCount } from '../../../contract/outcome-counts-contract.ts'
import { startConsole } from '../../../support/console.ts'
import { deliveryRecord, event } from '../../../support/delivery-records.ts'
import { TOKENS } from '../../../support/embedded-server.ts'
import { START } from '../../../support/manual-clock.ts'

const MARKUP = '<img src=x onerror="alert(1)">'
const ESCAPED = '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;'
const MINUTE_MS = 60_000

const PROD = { cluster: 'prod', lastEventAt: START - 5 * MINUTE_MS, configuredAt: START }

/** A set of one Alert and one Provider, in which every text is markup. */
async function putMarkup({ ports }: Awaited<ReturnType<typeof startConsole>>) {
  const metadata = { namespace: 'apps', name: MARKUP, uid: 'uid-1' }
  const readiness = { namespace: 'apps', name: MARKUP, reason: MARKUP, message: MARKUP }
  await ports.configs.replace({
    ...{ cluster: 'prod', revision: 'r1', takenAt: START },
    manifests: [
      { kind: 'Provider', metadata, spec: { type: MARKUP, suspend: true } },
      { kind: 'Alert', metadata, spec: { providerRef: { name: MARKUP } } },
    ],
    objects: [
      { kind: 'Provider', ready: true, ...readiness },
      { kind: 'Alert', ready: false, ...readiness },
    ],
  })
}

describe('the overview', () => {
  it('shows how to send the first event while there is none, and asks for more by itself', async () => {
    const { get } = await startConsole()
    const { status, text } = await get('/console/overview')
    expect(status).toBe(200)
    expect(text).toMatch(/data-refill.+curl/s)
    expect(text).toContain('aria-current="page">Overview</a>')
  })

  it('says that all is well by a sign and words', async () => {
    const { get, counts } = await startConsole(undefined, { clusters: [PROD] })
    await counts.add([outcomeCount({ count: 41 }), outcomeCount({ outcome: 'dead' })])
    const { text } = await get('/console/overview')
    expect(text).toContain('<span aria-hidden="true">✓</span> No destination fails now.')
    expect(text).toContain('<a href="/console/deliveries?cluster=prod">prod</a>')
    expect(text).toMatch(/<dt>Last event<\/dt><dd><time datetime="[^"]+" title="[^"]+">5m ago/)
    expect(text).toContain('<dt>Last configuration</dt><dd><time')
    expect(text).toMatch(
      /97\.6 % of 42 <small class="bad nowrap"><span aria-hidden="true">✕<\/span> 1 dead/,
    )
    expect(text).toContain('<title>2026-11-20 09:00: 41 delivered, 1 dead</title>')
    expect(text).toContain('Nothing is dead.')
    expect(text).not.toContain('not ready')
  })

  it('shows what fails, who is silent, what is not ready, and what is dead, as text', async () => {
    const host = 'hooks.test:8443'
    const started = await startConsole(undefined, {
      clusters: [{ ...PROD, heardAt: START - 60 * MINUTE_MS, notReady: 1 }],
      failing: [
        {
          ...{ key: `prod#uid-1#${host}`, cluster: 'prod', providerUid: 'uid-1', host },
          ...{ failures: 3, error: MARKUP, probeAt: START + 5 * MINUTE_MS },
        },
        { key: 'prod#gone#h', cluster: 'prod', providerUid: 'gone', host: 'h', failures: 1 },
      ],
      waiting: 10_000,
    })
    await putMarkup(started)
    started.ports.ledger.put(
      deliveryRecord({ id: 'dead', outcome: 'dead', reason: MARKUP, event: event(MARKUP, MARKUP) }),
    )
    const { text } = await started.get('/console/overview')
    expect(text).not.toContain('<img')
    expect(text).toContain('2 destinations fail now')
    expect(text).toContain(`apps/${ESCAPED}</a> <small>hooks.test:8443 · prod</small>`)
    expect(text).toContain(
      `<td dir="auto">${ESCAPED}</td><td class="number" data-label="Failed in a row">3</td>`,
    )
    expect(text).toContain('data-label="Waiting">10,000 or more</td>')
    expect(text).toMatch(/<td data-label="Next probe"><time [^>]+>in 5m<\/time><\/td>/)
    expect(text).toContain('a Provider that is gone')
    expect(text).toContain('Silent: its shipper was last heard <time')
    expect(text).toContain('<dt>Not ready</dt><dd class="bad">1</dd>')
    expect(text).toContain('>1 not ready</h2>')
    expect(text).toContain('<tr id="d-dead">')
    for (const [table] of text.matchAll(/<table.*?<\/table>/gs))
      expect(table).toContain('<caption>')
  })

  it('stays small with everything in it, and asks only who has logged in', async () => {
    const clusters = Array.from({ length: 100 }, (_, index) => ({ ...PROD, cluster: `c-${index}` }))
    const { get, counts } = await startConsole(undefined, { clusters })
    for (let hour = 0; hour < 24; hour += 1) {
      for (const outcome of ['delivered', 'skipped', 'suppressed', 'retry', 'dead'] as const) {
        const at = hourOf(START) - hour * 3_600_000
        await counts.add([outcomeCount({ outcome, hour: at, count: 1_000 + hour * 37 })])
      }
    }
    const { text } = await get('/console/overview')
    expect(gzipSync(text).byteLength).toBeLessThan(15 * 1024)
    const guarded = await startConsole(TOKENS)
    expect((await guarded.get('/console/overview')).status).toBe(401)
  })
})

describe('the pages of Alerts and Providers', () => {
  it('show how each did, as text, and lead to its deliveries', async () => {
    const started = await startConsole(undefined, { clusters: [PROD] })
    await putMarkup(started)
    await started.counts.add([
      outcomeCount({ kind: 'provider', name: `apps/${MARKUP}`, count: 9 }),
      outcomeCount({ kind: 'provider', name: `apps/${MARKUP}`, outcome: 'dead' }),
    ])
    const alerts = await started.get('/console/alerts')
    expect(alerts.text).not.toContain('<img')
    expect(alerts.text).toContain(
      '<caption>1 Alert of prod, with the outcomes of the last 24 hours</caption>',
    )
    expect(alerts.text).toMatch(/<span aria-hidden="true">✕<\/span> not ready<\/span>/)
    expect(alerts.text).toContain(`${ESCAPED}: ${ESCAPED}`)
    expect(alerts.text).toContain('nothing sent')
    const providers = await started.get('/console/providers?cluster=prod')
    expect(providers.text).not.toContain('<img')
    expect(providers.text).toContain(`<td data-label="Type">${ESCAPED}</td>`)
    expect(providers.text).toMatch(
      /✓<\/span> ready<\/span> <span class="outcome is-skipped">.*‖<\/span> suspended/,
    )
    expect(providers.text).toContain('90 % of 10')
    expect(providers.text).toMatch(
      /<td data-label="Last delivered"><time [^>]+>0s ago<\/time> <small>given up/,
    )
    const href = /<td><a href="([^"]+)">/.exec(providers.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const query = new URL(href, 'http://relay').searchParams
    expect([query.get('cluster'), query.get('provider')]).toEqual(['prod', `apps/${MARKUP}`])
  })

  it('page through many, and filter by a part of the name', async () => {
    const { get, ports } = await startConsole(undefined, { clusters: [PROD] })
    const object = (index: number) => ({
      ...{ kind: 'Alert', namespace: 'apps', name: `alert-${String(index).padStart(3, '0')}` },
      ...{ ready: true, reason: 'Succeeded', message: '' },
    })
    const objects = Array.from({ length: 150 }, (_, index) => object(index))
    const set = { cluster: 'prod', revision: 'r1', takenAt: START, manifests: [] }
    await ports.configs.replace({ ...set, objects })
    const first = await get('/console/alerts')
    expect(first.text).toContain('100 of 150 Alerts')
    expect(gzipSync(first.text).byteLength).toBeLessThan(15 * 1024)
    const next = /rel="next" href="([^"]+)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const second = await get(next)
    expect(second.text).toContain('alert-149')
    expect(second.text).not.toContain('rel="next"')
    // Of an address from before there were fewer.
    const beyond = await get('/console/alerts?cluster=prod&page=99')
    expect(beyond.text).toContain('50 of 150 Alerts')
    expect(beyond.text).toMatch(/Page 2 of 2 <a rel="prev" href="\/console\/alerts\?cluster=prod">/)
    const found = await get('/console/alerts?name=alert-07&page=nonsense')
    expect(found.text.match(/<a href="\/console\/deliveries\?/g)).toHaveLength(10)
    const none = await get('/console/alerts?name=nosuch')
    expect(none.text).toContain('href="/console/alerts?cluster=prod">Clear filters</a>')
  })

  it('say what to do while no cluster has a configuration, and when one is unknown', async () => {
    const { get } = await startConsole()
    expect((await get('/console/providers')).text).toContain('flux-relay apply')
    const { status, text } = await get('/console/alerts?cluster=nosuch')
    expect(status).toBe(404)
    expect(text).toContain('the cluster nosuch has no configuration yet')
  })
})

describe('the overview of many clusters', () => {
  const clusters = Array.from({ length: 200 }, (_, index) => ({
    ...{ cluster: `c-${String(index).padStart(3, '0')}`, lastEventAt: START, configuredAt: START },
    ...(index === 150 && { notReady: 2 }),
    ...(index === 180 && { heardAt: START - 60 * MINUTE_MS, shipper: '0.4.1' }),
  }))
  const namesIn = (text: string) =>
    [...text.matchAll(/<h3><a href="[^"]+">([^<]+)<\/a>/g)].map(([, name]) => name)

  it('shows those with something wrong first, and how many there are', async () => {
    const { get } = await startConsole(undefined, { clusters })
    const { text } = await get('/console/overview')
    const names = namesIn(text)
    expect(names).toHaveLength(24)
    expect(names.slice(0, 4)).toEqual(['c-180', 'c-150', 'c-000', 'c-001'])
    expect(text).toContain(
      'Clusters <small>24 of 200 shown, 1 silent · <a href="/console/clusters">All</a></small>',
    )
  })

  it('shows all of a few, by name', async () => {
    const { get } = await startConsole(undefined, { clusters: clusters.slice(160, 184) })
    const { text } = await get('/console/overview')
    expect(namesIn(text)).toEqual(clusters.slice(160, 184).map(({ cluster }) => cluster))
    expect(text).toContain('<h2 id="clusters">Clusters</h2>')
  })
})

describe('the page of clusters', () => {
  it('tells when each was last heard of, and how many tokens it has, never which', async () => {
    const { get } = await startConsole(undefined, {
      clusters: [
        {
          ...{ ...PROD, heardAt: START - 60 * MINUTE_MS, shipper: '0.4.1', notReady: 2 },
          ...{ tokens: 2, newestTokenAt: START - 3 * 24 * 60 * MINUTE_MS },
          notTaken: [{ cause: 'unauthorized', count: 3, lastAt: START, address: '192.0.2.7' }],
          ...{ observed: true, spool: { events: 1_204, toldAt: START - 3_000 } },
        },
        { cluster: 'new' },
        { cluster: 'staging', tokens: 1 },
      ],
      strangers: [{ cause: 'not-valid', count: 4, lastAt: START }],
    })
    const { text } = await get('/console/clusters')
    expect(text).toContain('<caption>3 clusters, by name</caption>')
    expect(text).toMatch(
      /<span aria-hidden="true">✕<\/span> silent<\/span> <small>shipper last heard/,
    )
    expect(text).toMatch(
      />0\.4\.1<\/td><td [^>]+>1204 <small>told <time [^>]+>3s ago<\/time><\/small><\/td><td [^>]+><a class="bad" href="[^"]+">2<\/a><\/td><td [^>]+>2 <small>newest made <time [^>]+>3d ago<\/time>/,
    )
    expect(text).toMatch(/>staging<\/a><\/td>.+<td [^>]+>1 <small>age not known<\/small>/s)
    expect(text).toMatch(/◌<\/span> observed<\/span>/)
    expect(text).toMatch(/>3 unauthorized <small><time [^>]+>0s ago<\/time> from 192\.0\.2\.7</)
    expect(text).toMatch(/From no known cluster.+4 not-valid/s)
    expect(text).toMatch(/new<\/a><\/td>(<td [^>]+>–<\/td>){7}/)
  })

  it('shows how to send the first event while there is none', async () => {
    const { get } = await startConsole()
    expect((await get('/console/clusters')).text).toContain('data-refill')
  })
})
