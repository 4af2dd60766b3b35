import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isHttpProvider, type Notification } from '../../../relay/providers/contract.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'
import { runsOf } from '../../support/full-size.ts'
import { PATIENT, testClient } from '../../support/http-client.ts'
import { notificationArbitrary } from '../../support/notification-arbitrary.ts'
import {
  type FixtureName,
  notificationOf,
  requestsOf,
  settingsOf,
} from '../../support/notifications.ts'
import { startServiceDouble } from '../../support/service-double.ts'
import { COMMIT } from '../../support/service-schemas/forge.ts'
import { problemsOf, type Service, typeOf } from '../../support/service-schemas/service.ts'
import { SERVICES, WITHOUT_SERVICE } from '../../support/service-schemas/services.ts'
import { cardProblems } from '../../support/service-schemas/teams.ts'
import { readMarkdownV2 } from '../../support/service-schemas/telegram.ts'
import { createFakeTryPorts } from '../../support/try-ports.ts'

function settings(service: Service): unknown {
  return settingsOf(typeOf(service), service.spec, service.secret)
}

/** The requests of a notification with the headers of a credential, as they are sent. */
async function wireRequests(service: Service, notification: Notification) {
  const type = typeOf(service)
  const read = settings(service)
  const authorization = await type.authorize?.(read, createFakeTryPorts())
  const more = authorization?.kind === 'authorized' ? authorization.headers : {}
  return requestsOf(type, notification, read).map((request) => ({
    ...request,
    headers: { ...request.headers, ...more },
  }))
}

/** What a service has against the requests of a notification. */
async function problems(service: Service, notification: Notification): Promise<readonly string[]> {
  const expected = service.requests(notification.event.severity)
  const requests = await wireRequests(service, notification)
  expect(requests).toHaveLength(expected.length)
  return expected.flatMap((one, index) => {
    const request = requests[index]
    return request ? problemsOf(one, request) : [`request ${index} is missing`]
  })
}

const PLAIN = notificationOf('kustomization-applied')

function withMetadata(
  metadata: Readonly<Record<string, string>>,
  severity: 'info' | 'error',
): Notification {
  const event = { ...PLAIN.event, severity }
  return { ...PLAIN, event: { ...event, metadata: { ...metadata, revision: `main/${COMMIT}` } } }
}

function longEvent(message: string): Notification {
  const entries = Array.from({ length: 99 }, (_, n) => [`key-${n}`, message.slice(0, 300)])
  const notification = withMetadata(Object.fromEntries(entries), 'error')
  return { ...notification, event: { ...notification.event, message } }
}

/** A link is prepared for the types that take one, as long as they take it. */
function withLinks(name: FixtureName): Notification {
  const notification = notificationOf(name)
  const url = `https://git.example/fleet/(infra)/commit/${COMMIT}`
  return {
    ...notification,
    title: '[prod] *podinfo* @ops',
    link: `https://grafana.example/d/x?var-name=a%20b&from=(now)#*_${'x'.repeat(150)}`,
    commitPage: { key: 'revision', url },
  }
}

const NASTY = { message: 'a\0b *c* _d_ <e> & "f"\n> déployé 🚀 \\', reason: 'Ü{}' }

const EVENTS: readonly (readonly [string, Notification])[] = [
  ['an info event', PLAIN],
  ['an error event', notificationOf('kustomization-health-check-failed')],
  ['an event with markup', notificationOf('kustomization-applied', NASTY)],
  ['an event with links', withLinks('kustomization-applied')],
  ['an error with links', withLinks('kustomization-health-check-failed')],
  ['a long event', notificationOf('kustomization-applied', { message: 'é"🚀'.repeat(9_750) })],
  ['39,000 characters and 100 entries', longEvent('<&*_`@ü "'.repeat(4_400).slice(0, 39_000))],
]

describe.each(SERVICES)('$name', (service) => {
  it.each(EVENTS)('takes %s', async (_, notification) => {
    const type = typeOf(service)
    const double = await startServiceDouble(service, notification.event.severity, testClient())
    for (const request of await wireRequests(service, notification)) {
      const answer = await double.http.send(request, PATIENT)
      expect(double.problems().filter((problem) => !problem.endsWith('never came'))).toEqual([])
      if (answer.kind === 'failure') throw new Error(answer.detail)
      expect(type.classify?.(answer).kind ?? 'delivered').toBe('delivered')
    }
    expect(double.problems()).toEqual([])
  })

  it.each(['info', 'error'] as const)('takes %s events with huge metadata', async (severity) => {
    const entries = Array.from({ length: 40 }, (_, n) => [`key-${n}`, 'ü"'.repeat(15_000)])
    const huge = withMetadata(Object.fromEntries(entries), severity)
    expect(await problems(service, huge)).toEqual([])
  })

  it('takes whatever event', async () => {
    await fc.assert(
      fc.asyncProperty(notificationArbitrary(COMMIT), async (notification) => {
        expect(await problems(service, notification)).toEqual([])
      }),
      { numRuns: runsOf(3) },
    )
  })
})

describe.each(SERVICES)('the check of $name', (service) => {
  const firstRequest = async () => {
    const [request] = await wireRequests(service, PLAIN)
    const [expected] = service.requests(PLAIN.event.severity)
    if (!request || !expected) throw new Error('no request was made')
    return { request, expected }
  }

  it('refuses what is not documented', async () => {
    const { request, expected } = await firstRequest()
    const changes = [
      { method: 'PATCH' },
      { url: request.url.replace('https://', 'https://other.') },
      { url: `${request.url}${request.url.includes('?') ? '&' : '?'}x=1` },
      { headers: {} },
      { body: withMore(String(request.body)) },
      { body: '{}' },
    ] as const
    for (const change of changes) {
      const found = attempt(() => problemsOf(expected, { ...request, ...change }))
      expect(found, JSON.stringify(change)).not.toEqual([])
    }
  })

  it('misses a request that does not come, and refuses one too many', async () => {
    const { request } = await firstRequest()
    const double = await startServiceDouble(service, PLAIN.event.severity, testClient())
    const count = service.requests(PLAIN.event.severity).length
    expect(double.problems()).toHaveLength(count)
    for (let sent = 0; sent <= count; sent += 1) await double.http.send(request, PATIENT)
    expect(double.problems().at(-1)).toMatch(/: not expected$/)
  })
})

/** The body with a field, or an item of an envelope, that nobody documents. */
function withMore(body: string): string {
  if (!/^[[{]/.test(body)) return `${body}&unknown=1`
  if (body.includes('\n')) return `${body}{"type":"event"}\n{}\n`
  return body.replace('{', '{"unknown":1,')
}

/** A decoder of others may throw at what it cannot read. */
function attempt(check: () => readonly string[]): readonly string[] {
  try {
    return check()
  } catch (error) {
    return [String(error)]
  }
}

describe('the readers of others', () => {
  const card = (item: object) => ({
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [item],
  })

  it.each([
    ['an element that it does not know', { type: 'Banner', text: 'x' }],
    ['an element of version 1.5', { type: 'Table', columns: [], rows: [] }],
    ['a size that there is not', { type: 'TextBlock', text: 'x', size: 'huge' }],
    ['a property that it does not know', { type: 'TextBlock', text: 'x', colour: 'good' }],
    ['a text that is none', { type: 'TextBlock', text: 5 }],
  ])('the parser of Adaptive Cards reports %s', (_, item) => {
    expect(cardProblems(card(item))).not.toEqual([])
    expect(cardProblems(card({ type: 'TextBlock', text: 'x', size: 'large' }))).toEqual([])
  })

  it.each([
    ['*a\\.b*\n\\*', 'a.b\n*'],
    ['a.b', undefined],
    ['*a', undefined],
    ['*[a\\[](https://e.x/\\))*', 'a['],
    ['[a](b', undefined],
    ['[a]b', undefined],
    ['[`a`](b)', undefined],
  ])('MarkdownV2 %j is read as %j', (markdown, plain) => {
    expect(readMarkdownV2(markdown)).toBe(plain)
  })
})

describe('the services', () => {
  it('are those of all HTTP types, but for the exceptions', () => {
    const types = [...providerTypes.values()].filter(isHttpProvider).map(({ type }) => type)
    const covered = new Set([...SERVICES.map(({ type }) => type), ...Object.keys(WITHOUT_SERVICE)])
    expect([...covered].sort()).toEqual(types.sort())
  })
})
