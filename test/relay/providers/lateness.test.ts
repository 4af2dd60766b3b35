import { describe, expect, it } from 'vitest'
import type { Notification } from '../../../relay/providers/contract.ts'
import { githubPullRequestComment } from '../../../relay/providers/githubpullrequestcomment.ts'
import { notificationOf, requestsOf, response, settingsOf } from '../../support/notifications.ts'
import { typeOf } from '../../support/service-schemas/service.ts'
import { SERVICES } from '../../support/service-schemas/services.ts'
import { createFakeTryPorts } from '../../support/try-ports.ts'

const TIME = 'Event of 2026-11-20 09:14:03 UTC, delivered late'
const NEWER = 'A newer event of this object is known: this one may be out of date'

const PLAIN: Notification = {
  ...notificationOf('kustomization-finished', { timestamp: '2026-11-20T10:14:03.25+01:00' }),
}

const CHAT = SERVICES.filter((service) => typeOf(service).family === 'chat')
const OTHERS = SERVICES.filter((service) => typeOf(service).family !== 'chat')

/** What stands in the body, without the escapes of forms and of Telegram. */
function textOf(service: (typeof SERVICES)[number], changes: Partial<Notification>): string {
  const type = typeOf(service)
  const read = settingsOf(type, service.spec, service.secret)
  const [request] = requestsOf(type, { ...PLAIN, ...changes }, read)
  const body = String(request?.body)
  const plain = body.startsWith('{') ? body : (new URLSearchParams(body).get('content') ?? body)
  return plain.replace(/\\+([-.,])/g, '$1')
}

describe.each(CHAT)('a late message of $name', (service) => {
  it('has the time of the event', () => {
    const text = textOf(service, { late: true })
    expect(text).toContain(TIME)
    expect(text).not.toContain(NEWER)
  })

  it('says that a newer event is known', () => {
    const text = textOf(service, { overtaken: true })
    expect(text).toContain(NEWER)
    expect(text).not.toContain(TIME)
  })

  it('says both, and keeps them when its message is cut', () => {
    const event = { ...PLAIN.event, message: 'x'.repeat(39_000) }
    const text = textOf(service, { late: true, overtaken: true, event })
    expect(text.indexOf(TIME)).toBeGreaterThan(0)
    expect(text.indexOf(NEWER)).toBeGreaterThan(text.indexOf(TIME))
  })

  it('says nothing in time', () => {
    expect(textOf(service, {})).not.toMatch(/delivered late|newer event/)
  })
})

it.each(OTHERS)('$name, whose payload has the time, stays as it is', (service) => {
  expect(textOf(service, { late: true, overtaken: true })).toBe(textOf(service, {}))
})

it('a comment on a change request tells both', async () => {
  const settings = settingsOf(
    githubPullRequestComment,
    { address: 'https://github.com/o/r' },
    { token: 't' },
  )
  const tryPorts = createFakeTryPorts({
    answers: [response(200, '{"login":"us"}'), response(200, '[]'), response(201, '{}')],
  })
  const notification = {
    ...notificationOf('helmrelease-change-request', { timestamp: '2026-11-20T09:14:03Z' }),
    late: true,
    overtaken: true,
  }
  await githubPullRequestComment.deliver(notification, settings, tryPorts)
  const { body } = JSON.parse(String(tryPorts.requests.at(-1)?.body)) as { body: string }
  expect(body).toContain(`\n\n${TIME}\n\n${NEWER}\n\nMetadata:\n`)
})
