import { describe, expect, it } from 'vitest'
import type { HttpResponse, TransportFailure } from '../../../relay/ports/http.ts'
import { seededRandom } from '../../crash/random.ts'
import { answers, eventsOf, response, runSender, takesAll } from '../../support/sender-harness.ts'
import { fill, testSpool } from '../../support/spool.ts'
import { waitFor } from '../../support/wait-for.ts'

/** As long as an event may fail before it is looked at alone, and somewhat more. */
const LONG = 60

const NO_CONNECTION: TransportFailure = {
  kind: 'failure',
  cause: 'connect',
  mayHaveArrived: false,
  detail: 'no',
}

describe('an event that something before the relay refuses each time', () => {
  it.each([0, 1, 70, 116])('is set aside, and holds nothing up: place %i', async (place) => {
    const messages = numbered(120).with(place, 'bad')
    const spool = await spooled(messages)
    const run = runSender(spool, [dislikes('bad')])
    await run.emptied()
    expect(new Set(taken(run.batches))).toEqual(new Set(messages.toSpliced(place, 1)))
    expect(taken(run.batches)).toHaveLength(119)
    expect(refused(run.said)).toEqual([
      'refused bad: fails with 403 again and again while other events are accepted: ' +
        'HTTP 403: the answer is not from a relay',
    ])
    expect(spool.depth().refused).toBe(1)
  })

  it('is overtaken by three probes, between which it fails two, three and four times', async () => {
    const spool = await spooled(['bad', 'a', 'b', 'c', 'd'])
    const run = runSender(spool, [dislikes('bad')])
    await run.emptied()
    const [seven, ...alone] = run.batches.map((messages) => messages.join(' ')).slice(6)
    expect(seven).toBe('bad a b c d')
    expect(alone.join(', ')).toBe(
      'bad a b c d, bad a, bad, bad, a, bad, bad, bad, b, bad, bad, bad, bad, c, d',
    )
  })

  it.each([
    ['closes the connection', noAnswer('reset')],
    ['does not answer', noAnswer('timeout')],
    ['answers what is no HTTP', noAnswer('protocol')],
    ['answers with 502', response(502, '<html>')],
  ])('is overtaken by five when what is before the relay %s', async (_, answer) => {
    const spool = await spooled(['bad', ...'abcdef'])
    const run = runSender(spool, [failsOn('bad', answer)])
    await run.emptied()
    const alone = run.batches.filter(({ length }) => length === 1).flat()
    expect(alone.join('').replaceAll('bad', '!')).toBe('!!a!!!b!!!!c!!!!!d!!!!!!ef')
    expect(refused(run.said)).toEqual([expect.stringMatching(/^refused bad: fails with \w+ again/)])
  })

  it('is set aside although the next ones are refused too, and so are those', async () => {
    const messages = [
      'bad 1',
      'bad 2',
      'a',
      'bad 3',
      'b',
      'c',
      'd',
      'e',
      'f',
      'g',
      'h',
      'i',
      'j',
      'k',
    ]
    const spool = await spooled(messages)
    const run = runSender(spool, [dislikes('bad')])
    await run.emptied()
    expect(refused(run.said).map((text) => text.split(':')[0])).toEqual([
      ...['refused bad 1', 'refused bad 2', 'refused bad 3'],
    ])
    expect(taken(run.batches).toSorted()).toEqual([...'abcdefghijk'])
  })

  it('is set aside when the relay gives its verdict on others, whatever that is', async () => {
    const spool = await spooled(['bad', ...'abcde'])
    const refuses = () => response(400, { errors: [{ index: 0, error: 'no kind' }] })
    const run = runSender(spool, [
      (messages) => (messages.includes('bad') ? response(500, {}) : refuses()),
    ])
    await run.emptied()
    expect(refused(run.said).map((text) => text.slice(0, 27))).toEqual([
      'refused a: no kind',
      'refused b: no kind',
      'refused c: no kind',
      'refused d: no kind',
      'refused e: no kind',
      'refused bad: fails with 500',
    ])
  })

  it('is no more than failing when the others are too large for a proxy', async () => {
    const spool = await spooled(['bad', 'a', 'b', 'c'])
    const run = runSender(spool, [(messages) => response(messages.includes('bad') ? 500 : 413, {})])
    await waitFor(() => expect(run.batches.length).toBeGreaterThan(LONG))
    expect([spool.depth().events, refused(run.said).length]).toEqual([1, 3])
  })

  it('is not overtaken by events of its object, nor those of another by later ones', async () => {
    const { spool } = testSpool()
    const texts = ['bad', 'a1', 'a2'].map((message) => eventText(message, 'a'))
    await fill(spool, [...texts, ...['b1', 'b2', 'b3', 'b4'].map((text) => eventText(text, 'b'))])
    const run = runSender(spool, [dislikes('bad')])
    await run.emptied()
    expect(taken(run.batches)).toEqual(['b1', 'b2', 'b3', 'a1', 'a2', 'b4'])
  })

  it('waits while there is no event of another object', async () => {
    const { spool } = testSpool()
    await fill(
      spool,
      ['bad', 'a1', 'a2'].map((message) => eventText(message, 'a')),
    )
    const run = runSender(spool, [dislikes('bad')])
    await waitFor(() => expect(run.batches.length).toBeGreaterThan(LONG))
    expect([spool.depth().events, taken(run.batches)]).toEqual([3, []])
    await fill(
      spool,
      numbered(3).map((message) => eventText(message)),
    )
    await run.emptied()
    expect(taken(run.batches)).toEqual(['0', '1', '2', 'a1', 'a2'])
  })

  it('lets probes get labels as all events do', async () => {
    const spool = await spooled(['bad', 'a', 'b', 'c'])
    const labels = {
      isReady: () => true,
      ready: async () => undefined,
      fillIn: (body: string) => JSON.stringify({ ...JSON.parse(body), labelled: true }),
    }
    const run = runSender(spool, [dislikes('bad')], { labels })
    await run.emptied()
    const sent = run.requests.flatMap(eventsOf) as readonly { readonly labelled?: boolean }[]
    expect(sent.every(({ labelled }) => labelled)).toBe(true)
  })
})

describe('an outage', () => {
  it.each([
    ['no connection', () => NO_CONNECTION],
    ['no connection in time', () => ({ ...NO_CONNECTION, cause: 'timeout' as const })],
    ['401', answers(401)],
    ['408', answers(408)],
    ['425', answers(425)],
    ['429', answers(429)],
  ])('that says nothing of the content repeats the batch as it is: %s', async (_, failing) => {
    const messages = numbered(150)
    const spool = await spooled(messages)
    const run = runSender(spool, [...Array.from({ length: LONG }, () => failing), takesAll])
    await run.emptied()
    expect(new Set(run.batches.slice(0, LONG).map(String))).toEqual(
      new Set([String(messages.slice(0, 100))]),
    )
    expect([run.batches.slice(LONG).flat(), spool.depth().refused]).toEqual([messages, 0])
  })

  it.each(range(LONG, LONG + 9))(
    'of any status sets nothing aside: %i times 503',
    async (times) => {
      const messages = numbered(150)
      const { spool } = testSpool()
      await fill(
        spool,
        messages.map((message, index) => eventText(message, `${index % 7}`)),
      )
      const run = runSender(spool, [...Array.from({ length: times }, () => answers(503)), takesAll])
      await run.emptied()
      const arrived = run.batches.slice(times).flat()
      expect(arrived.toSorted(byNumber)).toEqual(messages)
      for (const object of range(0, 7)) {
        const ofObject = arrived.filter((message) => Number(message) % 7 === object)
        expect(ofObject).toEqual(ofObject.toSorted(byNumber))
      }
      expect(spool.depth().refused).toBe(0)
    },
  )

  it('of a spool with one object keeps the order of all', async () => {
    const messages = numbered(150)
    const { spool } = testSpool()
    await fill(
      spool,
      messages.map((message) => eventText(message, 'a')),
    )
    const run = runSender(spool, [...Array.from({ length: LONG }, () => answers(503)), takesAll])
    await run.emptied()
    expect([run.batches.slice(LONG).flat(), spool.depth().refused]).toEqual([messages, 0])
  })

  it.each(['connect', '401'])('begins the search anew: %s between', async (between) => {
    const spool = await spooled(['bad', 'a', 'b', 'c'])
    const other = between === '401' ? answers(401) : () => NO_CONNECTION
    const run = runSender(spool, [...every(7, other, dislikes('bad'), LONG), takesAll])
    await run.emptied()
    expect(run.batches.slice(0, LONG).every(({ length }) => length === 4)).toBe(true)
    expect(spool.depth().refused).toBe(0)
  })

  // Such as of some servers behind one address, that are asked in turn.
  it.each([2, 4, 6].flatMap((period) => range(0, period).map((at) => [period, at] as const)))(
    'that ends for one request of %i, the one at %i, sets nothing aside',
    async (period, at) => {
      const messages = numbered(40)
      const spool = await spooled(messages)
      const outage = Array.from({ length: LONG + at }, () => answers(500))
      const run = runSender(spool, [...outage, ...every(period, takesAll, answers(500), 1_000)])
      await run.emptied()
      expect([refused(run.said), spool.depth().refused]).toEqual([[], 0])
    },
  )

  it.each([0.5, 0.8])('of requests at random sets nothing aside: %d of them', async (share) => {
    const random = seededRandom(1)
    const messages = numbered(150)
    const spool = await spooled(messages)
    const run = runSender(spool, [
      (sent, request) => (random.chance(share) ? noAnswer('reset') : takesAll(sent, request)),
    ])
    await run.emptied()
    expect([refused(run.said), spool.depth().refused]).toEqual([[], 0])
  })

  it('of every second request from the start changes no batch', async () => {
    const messages = numbered(1_000)
    const spool = await spooled(messages)
    const run = runSender(spool, every(2, takesAll, answers(500), 100))
    await run.emptied()
    expect(run.batches.map(({ length }) => length)).toEqual(Array.from({ length: 20 }, () => 100))
    expect([refused(run.said), spool.depth().refused]).toEqual([[], 0])
  })
})

type Answering = typeof takesAll

/** As a firewall does: 403 for what contains the word. */
function dislikes(word: string): Answering {
  return failsOn(word, response(403, '<html>'))
}

/** Takes all but what contains the word. */
function failsOn(word: string, answer: HttpResponse | TransportFailure): Answering {
  return (messages, request) =>
    messages.some((message) => message.includes(word)) ? answer : takesAll(messages, request)
}

/** Of a request that may have arrived. */
function noAnswer(cause: TransportFailure['cause']): TransportFailure {
  return { kind: 'failure', cause, mayHaveArrived: true, detail: 'no answer' }
}

/** One answer for each `period`th request, another for the others. */
function every(period: number, last: Answering, others: Answering, count: number) {
  return range(1, count + 1).map((turn) => (turn % period === 0 ? last : others))
}

/** An event of an object of its own, unless one is named. */
function eventText(message: string, name = message): string {
  const involvedObject = { kind: 'Kustomization', namespace: 'flux-system', name }
  return JSON.stringify({ involvedObject, message })
}

async function spooled(messages: readonly string[]) {
  const { spool } = testSpool()
  await fill(
    spool,
    messages.map((message) => eventText(message)),
  )
  return spool
}

/** What a relay behind the firewall has, in the order in which it came. */
function taken(batches: readonly (readonly string[])[]): readonly string[] {
  const isBad = (message: string) => message.startsWith('bad')
  return batches.filter((messages) => !messages.some(isBad)).flat()
}

function refused(said: readonly string[]): readonly string[] {
  return said.filter((text) => text.startsWith('refused'))
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index)
}

function numbered(count: number): readonly string[] {
  return range(0, count).map(String)
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b)
}
