import { describe, expect, it } from 'vitest'
import { isHttpProvider, type Notification } from '../../../relay/providers/contract.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'
import { notificationOf, requestsOf, response, settingsOf } from '../../support/notifications.ts'
import { plainProvider } from '../../support/plain-provider.ts'
import { createFakeTryPorts } from '../../support/try-ports.ts'

const COMMIT = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'

/** A long event with more entries than most services take, whose names come before those of the main ones. */
function crowded(count: number, valueLength: number): Notification {
  const plain = notificationOf('kustomization-applied')
  const others = Array.from({ length: count }, (_, n) => [
    `annotation-${n}`,
    'v'.repeat(valueLength),
  ])
  const main = { change_request: '42', revision: `main@sha1:${COMMIT}`, team: 'by-the-author' }
  const metadata = { ...Object.fromEntries(others), ...main }
  const event = { ...plain.event, message: 'x'.repeat(30_000), metadata }
  return { ...plain, event, authored: new Set(['team']) }
}

/** The types that show metadata, of which these services take less than 200 entries of 30 characters. */
const CROWDED = [
  'discord',
  'googlechat',
  'grafana',
  'msteams',
  'opsgenie',
  'telegram',
  'webex',
  'zulip',
] as const

function bodyOf(name: string, notification: Notification): string {
  const type = providerTypes.get(name)
  if (!type || !isHttpProvider(type)) throw new Error(`no type ${name}`)
  const { spec, secret } = plainProvider(type)
  const [request] = requestsOf(type, notification, settingsOf(type, spec, secret))
  return decodeURIComponent(String(request?.body)).replaceAll('\\', '')
}

describe('of more metadata than a service takes', () => {
  it.each(CROWDED)('%s gets the revision, and what the author wrote', (name) => {
    const body = bodyOf(name, crowded(200, 30))
    expect(body).toContain(COMMIT)
    expect(body).toContain('by-the-author')
    expect(body).not.toContain('annotation-99')
    if (name !== 'grafana') expect(body).toMatch(/x{900}/)
  })

  it('Google Chat gets no more widgets than a card has', () => {
    const plain = crowded(200, 1)
    const event = { ...plain.event, message: 'applied' }
    const body = bodyOf('googlechat', { ...plain, event, link: 'https://grafana.example/d/flux' })
    expect(body.match(/"topLabel"/g)).toHaveLength(98)
    expect(body).toContain(COMMIT)
    expect(body).toContain('by-the-author')
    expect(body).toContain('https://grafana.example/d/flux')
  })

  it('a comment keeps the number of its change request', async () => {
    const type = providerTypes.get('githubpullrequestcomment')
    if (!type || isHttpProvider(type)) throw new Error('no type of comments')
    const { spec, secret } = plainProvider(type)
    const settings = settingsOf(type, spec, secret)
    const notification = crowded(300, 600)
    const event = type.fit?.(notification, settings) ?? notification.event
    const answers = ({ method, url }: { readonly method: string; readonly url: string }) => {
      if (method !== 'GET') return response(201, '{"id":1}')
      return response(200, url.endsWith('/user') ? '{"login":"us"}' : '[]')
    }
    const tryPorts = createFakeTryPorts({ answers })
    const delivered = await type.deliver({ ...notification, event }, settings, tryPorts)
    expect(delivered.verdict.kind).toBe('delivered')
    expect(tryPorts.requests.at(-1)?.body).toContain(COMMIT)
  })
})
