import { describe, expect, it } from 'vitest'
import { incidentIo } from '../../../relay/providers/incident.io.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  type FixtureName,
  fixtureEvent,
  notificationOf,
  requestsOf,
  response,
  secretsOf,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const ADDRESS = 'https://api.incident.io/v2/alert_events/http/01GW2G3V0S59R238FAHPDS1R66'
const settings = settingsOf(incidentIo, { address: ADDRESS }, { token: 'inc-1' })

function request(...args: Parameters<typeof notificationOf>) {
  const all = requestsOf(incidentIo, notificationOf(...args), settings)
  expect(all).toHaveLength(1)
  return withJsonBody(all[0])
}

describe('incident.io requests', () => {
  it('fires the alert of an object that failed', () => {
    expect(request('helmrelease-upgrade-failed')).toEqual({
      method: 'POST',
      url: ADDRESS,
      headers: { 'content-type': 'application/json', authorization: 'Bearer inc-1' },
      body: {
        title: 'helmrelease/webapp.apps: UpgradeFailed',
        status: 'firing',
        deduplication_key: 'b1f6a0d8-40a3-4d30-9a55-2f6b7b8f7e20',
        description:
          'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded',
        metadata: {
          'app-version': '2.0.1',
          deploymentID: 'e076e315-5a48-41c3-81c8-8d8bdee7d74d',
          revision: '1.4.2',
          severity: 'error',
          reason: 'UpgradeFailed',
          reportingController: 'helm-controller',
        },
      },
    })
  })

  it('resolves the alert of an object that recovered', () => {
    expect(request('kustomization-finished').body).toMatchObject({
      title: 'kustomization/podinfo.flux-system: ReconciliationSucceeded',
      status: 'resolved',
      deduplication_key: '7d0cdc51-ddcf-4743-b223-83ca5c699632',
      metadata: { severity: 'info' },
    })
  })

  it('leaves out what is empty, and sends texts as they are', () => {
    const changes = { metadata: null, message: '', reportingController: '' }
    const { body } = request('kustomization-finished', changes)
    expect(body).not.toHaveProperty('description')
    expect(body).toMatchObject({
      metadata: { severity: 'info', reason: 'ReconciliationSucceeded' },
    })
    const message = `déployé 🚀 <b>"x"</b> & *y* ${'配'.repeat(30_000)}`
    expect(request('kustomization-finished', { message }).body).toMatchObject({
      description: message,
    })
  })

  it('lets no metadata take the place of its own keys', () => {
    const metadata = { 'kustomize.toolkit.fluxcd.io/severity': 'fatal' }
    expect(request('kustomization-finished', { metadata }).body).toMatchObject({
      metadata: { severity: 'info' },
    })
  })

  it('has the object as its subject, whatever became of it', () => {
    const subjectOf = (name: FixtureName) => incidentIo.subject?.(notificationOf(name), settings)
    const own = subjectOf('kustomization-finished')
    expect(subjectOf('kustomization-health-check-failed')).toEqual(own)
    expect(subjectOf('helmrelease-upgrade-failed')).not.toEqual(own)
    expect(own).not.toHaveProperty('shows')
  })
})

describe('incident.io settings and events', () => {
  it.each([
    ['no address', {}, { token: 't' }, /address: set spec\.address/],
    ['an address that is no URL', { address: 'x' }, { token: 't' }, /address: set spec\.address/],
    ['no token', { address: ADDRESS }, {}, /token: the Secret .* needs the key token/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(incidentIo, spec, secret)).toThrow(message)
  })

  it('masks the token and the query', () => {
    const values = secretsOf(incidentIo, { address: `${ADDRESS}?token=q1` }, { token: 't1' })
    expect(values).toEqual(expect.arrayContaining(['t1', 'q1']))
  })

  it('skips Progressing only', () => {
    const skips = (name: FixtureName) => incidentIo.skips?.(fixtureEvent(name))
    expect(skips('kustomization-configured')).toMatch(/neither opens nor resolves/)
    expect(skips('kustomization-finished')).toBeUndefined()
  })
})

describeStatusClasses(incidentIo)

it('repeats what incident.io says', () => {
  const errors = [{ code: 'is_required', message: 'A title is required' }]
  const body = JSON.stringify({ type: 'validation_error', status: 422, errors })
  expect(incidentIo.classify?.(response(422, body))).toEqual({
    kind: 'rejected',
    reason: 'HTTP 422: A title is required',
  })
})
