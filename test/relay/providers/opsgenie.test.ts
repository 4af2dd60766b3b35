import { describe, expect, it } from 'vitest'
import { opsgenie } from '../../../relay/providers/opsgenie.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  fixtureJson,
  notificationOf,
  requestsOf,
  response,
  secretsOf,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ADDRESS = 'https://api.opsgenie.com/v2/alerts'
const settings = settingsOf(opsgenie, { address: ADDRESS }, { token: 'genie-1' })

function request(...args: Parameters<typeof notificationOf>) {
  const all = requestsOf(opsgenie, notificationOf(...args), settings)
  expect(all).toHaveLength(1)
  return withJsonBody(all[0])
}

interface Alert {
  readonly message: string
  readonly alias: string
  readonly description: string
  readonly details: Readonly<Record<string, string>>
}

const alertOf = (...args: Parameters<typeof notificationOf>) => request(...args).body as Alert

describe('opsgenie requests', () => {
  it('opens an alert for an error', () => {
    expect(request('helmrelease-upgrade-failed')).toEqual({
      method: 'POST',
      url: ADDRESS,
      headers: { 'content-type': 'application/json', authorization: 'GenieKey genie-1' },
      body: {
        message: 'HelmRelease/webapp',
        // printf '0c9c2e41-…/HelmRelease/apps/webapp/UpgradeFailed' | sha256sum
        alias: '3f6c6a7372201cd9dfb942523f76074f4b38b52ff732e6462b18e02a00a34da5',
        description:
          'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded',
        details: {
          'app-version': '2.0.1',
          deploymentID: 'e076e315-5a48-41c3-81c8-8d8bdee7d74d',
          revision: '1.4.2',
          severity: 'error',
        },
      },
    })
  })

  it('opens one for an info event, and one that is under way, too', () => {
    expect(alertOf('kustomization-finished').details).toMatchObject({ severity: 'info' })
    expect(opsgenie.skips).toBeUndefined()
  })

  it('sends the severity without metadata, and texts as they are', () => {
    const message = 'déployé 🚀 <b>"x"</b> & *y*'
    const { details, description } = alertOf('kustomization-applied', { metadata: null, message })
    expect(details).toEqual({ severity: 'info' })
    expect(description).toBe(message)
  })

  it('lets no metadata take the place of the severity', () => {
    const metadata = { 'kustomize.toolkit.fluxcd.io/severity': 'fatal' }
    expect(alertOf('kustomization-applied', { metadata }).details).toEqual({ severity: 'info' })
  })

  it('cuts what is too long: message 130, description 15,000, details 8,000', () => {
    const { involvedObject } = fixtureJson('kustomization-applied')
    const metadata = Object.fromEntries(
      Array.from({ length: 20 }, (_, n) => [`kustomize.toolkit.fluxcd.io/k${n}`, 'v'.repeat(900)]),
    )
    const { message, description, details } = alertOf('kustomization-applied', {
      involvedObject: { ...(involvedObject as object), name: 'n'.repeat(253) },
      message: '🚀'.repeat(10_000),
      metadata,
    })
    expect(message).toBe(`Kustomization/${'n'.repeat(115)}…`)
    expect(description).toBe(`${'🚀'.repeat(7_499)}…`)
    expect(details).toMatchObject({ k0: `${'v'.repeat(255)}…`, severity: 'info' })
    expect(Object.entries(details).flat().join('').length).toBeLessThanOrEqual(8_000)
  })

  it('leaves an event that fits as it is', () => {
    const notification = notificationOf('kustomization-applied', { message: 'x'.repeat(15_000) })
    expect(opsgenie.fit?.(notification, settings)).toBe(notification.event)
  })

  it('has the alias as its subject: an object and a reason', () => {
    const subjectOf = (...args: Parameters<typeof notificationOf>) =>
      opsgenie.subject?.(notificationOf(...args), settings)
    const own = subjectOf('kustomization-finished')
    expect(subjectOf('kustomization-finished', { message: 'other' })).toEqual(own)
    expect(subjectOf('kustomization-finished', { reason: 'Other' })).not.toEqual(own)
    expect(own).not.toHaveProperty('shows')
  })
})

describe('opsgenie settings', () => {
  it.each([
    ['no address', {}, { token: 't' }, /address: set spec\.address/],
    ['an address that is no URL', { address: 'x' }, { token: 't' }, /address: set spec\.address/],
    ['no token', { address: ADDRESS }, {}, /token: the Secret .* needs the key token/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(opsgenie, spec, secret)).toThrow(message)
  })

  it('masks the token', () => {
    expect(secretsOf(opsgenie, { address: ADDRESS }, { token: 't1' })).toContain('t1')
  })
})

describeStatusClasses(opsgenie)

it('repeats what Opsgenie says', () => {
  const body = '{"message":"Could not authenticate","took":0.001,"requestId":"1"}'
  expect(opsgenie.classify?.(response(401, body))).toEqual({
    kind: 'unauthorized',
    reason: 'HTTP 401: Could not authenticate',
  })
})
