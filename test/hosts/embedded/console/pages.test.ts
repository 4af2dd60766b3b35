import { describe, expect, it } from 'vitest'
import { outcomeMark } from '../../../../console/outcome.ts'
import { OUTCOMES } from '../../../../relay/model/outcomes.ts'
import { startConsole } from '../../../support/console.ts'
import { deliveryRecord, event, eventRecord } from '../../../support/delivery-records.ts'
import { openEvents } from '../../../support/event-source.ts'
import { waitFor } from '../../../support/wait-for.ts'
import { stepsOf } from './delivery-steps.ts'

const idOf = (letter: string) => letter.repeat(64)

describe('the page of a delivery', () => {
  it('tells how it came to what it is, from the event to the next try', async () => {
    const { get, ports } = await startConsole()
    const now = ports.clock.now()
    ports.ledger.put(
      deliveryRecord({
        id: idOf('a'),
        event: { ...event('shop', 'it broke'), severity: 'error', reason: 'BuildFailed' },
        outcome: 'retry',
        reason: 'slack answered 503',
        dueAt: now + 300_000,
        tries: 7,
        repeats: 2,
        revision: '3f2c9a1',
        notes: ['a text was cut'],
        replayedAt: [now - 60_000],
        replayedBy: [{ at: now - 60_000, by: 'ann' }],
        attempts: [
          {
            ...{ attempt: 7, startedAt: now - 1_500, durationMs: 1_230, outcome: 'retry' as const },
            ...{ reason: 'slack answered 503', status: 503, responseExcerpt: 'try later' },
          },
        ],
      }),
    )
    const { status, text } = await get(`/console/deliveries/${idOf('a')}`)
    expect(status).toBe(200)
    expect(stepsOf(text)).toMatchObject({
      Event: expect.stringMatching(/error BuildFailed it broke reported by kustomize-controller/),
      Repeat: 'It stands for 2 repeats that came since.',
      Rule: 'The Alert flux-system/on-call takes it, for the Provider flux-system/slack (slack) . configuration 3f2c9a1',
      Request: expect.stringContaining('a text was cut'),
      Tries: expect.stringMatching(
        /The latest 1 of 7 tries .* 1\.2 s 503 ↻ retry slack answered 503 try later/,
      ),
      Next: 'slack answered 503; next try in 5m . Replayed 1m ago by ann.',
    })
  })

  it('tells of a delivery that was not sent, and of one that cannot be read, only what is so', async () => {
    const { get, ports } = await startConsole()
    ports.ledger.put(
      eventRecord({ id: idOf('b'), reason: 'no Alert takes it' }),
      deliveryRecord({ id: idOf('c'), outcome: 'suppressed', reason: 'a repeat', tries: 0 }),
    )
    const pageOf = async (letter: string) =>
      stepsOf((await get(`/console/deliveries/${idOf(letter)}`)).text)
    expect(await pageOf('b')).toMatchObject({ Rule: 'no Alert takes it', Next: 'Nothing more.' })
    expect(await pageOf('c')).toMatchObject({ Repeat: 'a repeat', Tries: 'There was none.' })
    expect((await get(`/console/deliveries/${idOf('d')}`)).status).toBe(404)
  })

  it('shows what came later for the same object and Alert', async () => {
    const { get, ports } = await startConsole()
    const at = ports.clock.now()
    ports.ledger.put(
      deliveryRecord({ id: idOf('a'), acceptedAt: at }),
      deliveryRecord({ id: idOf('b'), acceptedAt: at + 1_000 }),
      deliveryRecord({ id: idOf('c'), acceptedAt: at - 1_000 }),
    )
    const { text } = await get(`/console/deliveries/${idOf('a')}`)
    const later = text.slice(text.indexOf('What came later'))
    expect(later).toContain(`/console/deliveries/${idOf('b')}`)
    expect(later).not.toContain(`/console/deliveries/${idOf('c')}`)
  })
})

describe('what came after a delivery', () => {
  const MINUTE_MS = 60_000
  /** The ids of the deliveries that the page of the first one shows, of those that came so many minutes after it. */
  async function shownOf(minutes: readonly number[]): Promise<readonly string[]> {
    const { get, ports } = await startConsole()
    const at = ports.clock.now()
    const recordAt = (id: string, minute: number) =>
      deliveryRecord({ id, acceptedAt: at + minute * MINUTE_MS })
    ports.ledger.put(
      recordAt('first', 0),
      ...minutes.map((minute, index) => recordAt(`d-${index}`, minute)),
    )
    const { text } = await get('/console/deliveries/first')
    return [...text.matchAll(/<tr id="d-(d-\d+)">/g)].map(([, id = '']) => id)
  }
  const every = (minutes: number, count: number) =>
    Array.from({ length: count }, (_, index) => (index + 1) * minutes)
  const FIVE = ['d-4', 'd-3', 'd-2', 'd-1', 'd-0']

  it.each([
    ['of many that follow closely', every(0.01, 450), FIVE],
    ['of many that follow', every(1, 2_000), FIVE],
    ['of few that follow after hours', every(300, 700), FIVE],
    ['of few that follow after days', every(2_000, 7), FIVE],
    ['where there are two', every(10, 2), ['d-1', 'd-0']],
    [
      'where there are two, and then more than can be looked at',
      [1, 2, ...every(0.1, 600).map((it) => it + 60)],
      ['d-1', 'd-0'],
    ],
    ['where there is none', [], []],
  ])('shows the next five %s', async (_, minutes, expected) => {
    expect(await shownOf(minutes)).toEqual(expected)
  })
})

describe('the list of deliveries', () => {
  it('looks for a text in 5,000 records at most, and says how far it got', async () => {
    const { get, ports } = await startConsole()
    const now = ports.clock.now()
    ports.ledger.put(
      ...Array.from({ length: 5_100 }, (_, at) =>
        deliveryRecord({
          id: `d${at}`,
          acceptedAt: now - at * 1_000,
          event: event('app', at === 5_050 ? 'the needle' : 'hay'),
        }),
      ),
    )
    const { text } = await get('/console/deliveries?text=needle')
    expect(text).toContain('Looked at 5,000 deliveries, back to')
    expect(text).not.toContain('the needle')
    const older = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? ''
    expect((await get(older)).text).toContain('the needle')
  })

  it('is kept as JSON and as CSV in which nothing computes', async () => {
    const { get, ports } = await startConsole()
    ports.ledger.put(
      deliveryRecord({ id: idOf('a'), event: event('shop', '=HYPERLINK("http://evil","x")') }),
      deliveryRecord({ id: idOf('b'), outcome: 'dead' }),
    )
    const csv = await get('/console/deliveries.csv?outcome=delivered')
    expect(csv.headers['content-disposition']).toBe('attachment; filename="deliveries.csv"')
    expect(csv.text.split('\r\n')).toHaveLength(3)
    expect(csv.text).toContain(`"'=HYPERLINK(""http://evil"",""x"")"`)
    const json = await get('/console/deliveries.json')
    expect(json.json).toHaveLength(2)
    expect((await get('/console/deliveries.json?outcome=retry')).json).toEqual([])
  })

  it('exports lists of many pages, and answers what is wrong with a page', async () => {
    const { get, ports } = await startConsole()
    const records = Array.from({ length: 1_234 }, (_, at) => deliveryRecord({ id: `d-${at}` }))
    ports.ledger.put(...records)
    const csv = (await get('/console/deliveries.csv?text=finished')).text.trimEnd().split('\r\n')
    expect(new Set(csv).size).toBe(1_235)
    expect((await get('/console/deliveries.json')).json).toHaveLength(1_234)
    const refused = await get('/console/deliveries.csv?since=soon')
    expect([refused.status, refused.headers['content-disposition']]).toEqual([400, undefined])
  })

  it('cuts a file off when a store fails on the way, and logs why', async () => {
    const { get, ports, failures } = await startConsole()
    const large = event('podinfo', 'x'.repeat(39_000))
    const records = Array.from({ length: 600 }, (_, at) =>
      deliveryRecord({ id: `d-${at}`, event: large }),
    )
    ports.ledger.put(...records)
    const list = ports.ledger.list.bind(ports.ledger)
    ports.ledger.list = (filter, limit, cursor) =>
      cursor === undefined ? list(filter, limit) : Promise.reject(new Error('disk on fire'))
    await expect(get('/console/deliveries.csv')).rejects.toThrow()
    expect(failures).toMatchObject([{ err: { message: 'disk on fire' } }])
  })

  it('streams the rows that come, by the filters, and as the person may see them', async () => {
    const { server, feed } = await startConsole()
    const path = '/console/deliveries/live?outcome=dead&outcome=retry&limit=3'
    const stream = await openEvents(server.port, path)
    feed.changed(deliveryRecord({ id: idOf('a') }))
    const dead = { id: idOf('b'), outcome: 'dead', event: event('x', 'two\n<lines>') } as const
    feed.changed(deliveryRecord(dead))
    await waitFor(() => expect(stream.text()).toContain('event: row\n'))
    expect(stream.text()).toContain(`data: <tr id="d-${idOf('b')}"><td class="pick">`)
    expect(stream.text()).toContain('two\ndata: &lt;lines&gt;')
    expect(stream.text().match(/event: row/g)).toHaveLength(1)
  })
})

describe('the pages of events', () => {
  it('show what became of each, and of one for every Alert', async () => {
    const { get, ports } = await startConsole()
    ports.ledger.put(
      deliveryRecord({ id: idOf('a'), eventId: idOf('e'), outcome: 'dead' }),
      deliveryRecord({
        ...{ id: idOf('b'), eventId: idOf('e') },
        alert: { namespace: 'apps', name: 'team', uid: 'u2' },
      }),
    )
    const list = (await get('/console/events')).text
    expect(list).toContain('1 event, the latest first')
    expect(list.match(/class="outcome is-(dead|delivered)"/g)).toHaveLength(2)
    const page = (await get(`/console/events/${idOf('e')}?cluster=local`)).text
    expect(page).toContain('flux-system/on-call')
    expect(page).toContain('apps/team')
    expect(page).toContain('2 of 2 Alerts took it')
  })
})

describe('the mark of an outcome', () => {
  it.each(OUTCOMES)('has a sign and the word of %s', (outcome) => {
    expect(outcomeMark(outcome).toString()).toMatch(
      new RegExp(`is-${outcome}"><span aria-hidden="true">[^·]</span> ${outcome}<`),
    )
  })
})
