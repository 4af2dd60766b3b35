import { describe, expect, it } from 'vitest'
import { githubDispatch } from '../../../relay/providers/githubdispatch.ts'
import { appSecret } from '../../support/github-app.ts'
import {
  fixtureJson,
  notificationOf,
  requestsOf,
  response,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'
import { createFakeTryPorts } from '../../support/try-ports.ts'

const ADDRESS = 'https://github.com/example/fleet-infra'
const settings = settingsOf(githubDispatch, { address: ADDRESS }, { token: 'ghp_1' })

const requestOf = (notification: ReturnType<typeof notificationOf>) =>
  withJsonBody(requestsOf(githubDispatch, notification, settings)[0])

describe('githubdispatch requests', () => {
  it.each(['kustomization-applied', 'kustomization-health-check-failed'] as const)(
    'sends %s as it is',
    (name) => {
      const { severity, message, reason } = fixtureJson(name)
      const { event } = notificationOf(name)
      expect(requestOf(notificationOf(name))).toEqual({
        method: 'POST',
        url: 'https://api.github.com/repos/example/fleet-infra/dispatches',
        headers: {
          'content-type': 'application/json',
          accept: 'application/vnd.github.v3+json',
          'x-github-api-version': '2022-11-28',
          authorization: 'Bearer ghp_1',
        },
        body: {
          event_type: 'Kustomization/podinfo.flux-system',
          client_payload: expect.objectContaining({
            severity,
            message,
            reason,
            metadata: event.metadata,
          }),
        },
      })
    },
  )

  it('has no more properties than GitHub takes', () => {
    const { body } = requestOf(notificationOf('kustomization-applied'))
    const { client_payload: payload } = body as { client_payload: object }
    expect(Object.keys(payload).length).toBeLessThanOrEqual(10)
  })

  it('sends no metadata when there is none', () => {
    const { body } = requestOf(notificationOf('kustomization-finished', { metadata: null }))
    expect(body).toMatchObject({ client_payload: expect.not.objectContaining({ metadata: {} }) })
  })

  it('sends progress, markup and other scripts', () => {
    const message = '<b>**ä**</b> 🚀\n`x`'
    const { body } = requestOf(notificationOf('kustomization-configured', { message }))
    expect(body).toMatchObject({ client_payload: { message, reason: 'Progressing' } })
  })

  it('cuts a message that would exceed 64 KB', () => {
    const notification = notificationOf('kustomization-applied', { message: '€'.repeat(39_000) })
    const [request] = requestsOf(githubDispatch, notification, settings)
    const { client_payload: payload } = JSON.parse(String(request?.body)) as {
      client_payload: { message: string }
    }
    expect(payload.message).toMatch(/^€+…$/)
    const bytes = Buffer.byteLength(JSON.stringify(payload))
    expect(bytes).toBeLessThan(65_536)
    expect(bytes).toBeGreaterThan(65_500)
  })

  it('cuts the event type at 100 characters', () => {
    const involvedObject = {
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'n'.repeat(253),
    }
    const { body } = requestOf(notificationOf('kustomization-applied', { involvedObject }))
    expect(body).toMatchObject({ event_type: `Kustomization/${'n'.repeat(85)}…` })
  })

  it('goes to GitHub Enterprise Server', () => {
    const other = settingsOf(githubDispatch, { address: 'https://g.corp/o/r' }, { token: 't' })
    const [request] = requestsOf(githubDispatch, notificationOf('kustomization-applied'), other)
    expect(request?.url).toBe('https://g.corp/api/v3/repos/o/r/dispatches')
  })
})

describe('githubdispatch', () => {
  it('acts as an App with the token of its installation', async () => {
    const app = settingsOf(githubDispatch, { address: ADDRESS }, appSecret())
    const [request] = requestsOf(githubDispatch, notificationOf('kustomization-applied'), app)
    expect(request?.headers).not.toHaveProperty('authorization')
    const made = '{"token":"ghs_1","expires_at":"2026-11-20T10:14:03Z"}'
    const tryPorts = createFakeTryPorts({ answers: [response(201, made)] })
    expect(await githubDispatch.authorize?.(app, tryPorts)).toMatchObject({
      headers: { authorization: 'Bearer ghs_1' },
    })
  })

  it('takes no events that are marked for commit statuses only, and has no subject', () => {
    expect(githubDispatch).toMatchObject({ family: 'stream' })
    expect(githubDispatch.takesCommitStatusUpdates).toBeUndefined()
    expect(githubDispatch.subject).toBeUndefined()
  })

  it.each([
    ['no address', {}, { token: 't' }, /^address: set spec\.address/],
    ['an owner alone', { address: 'https://github.com/o' }, { token: 't' }, /^address: .*owner\/r/],
    ['no Secret', { address: ADDRESS }, {}, /^token: .*needs the key token or password/],
    ['a password alone', { address: ADDRESS }, { password: 'p' }, /^username: .*no username/],
    [
      'a part of an App',
      { address: ADDRESS },
      { githubAppID: '1' },
      /githubAppPrivateKey: .*needs/,
    ],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(githubDispatch, spec, secret)).toThrow(message)
  })

  it.each([
    [204, '', { kind: 'delivered' }],
    [401, '{"message":"Bad credentials"}', { kind: 'unauthorized' }],
    [403, '{"message":"secondary rate limit"}', { kind: 'retry', retryAfterMs: 60_000 }],
    [404, '', { kind: 'rejected', reason: expect.stringMatching(/write its contents/) }],
    [422, '{"message":"Invalid"}', { kind: 'rejected', reason: 'HTTP 422: Invalid' }],
    [500, '', { kind: 'retry', applied: 'unknown' }],
  ])('judges %i %s', (status, body, verdict) => {
    expect(githubDispatch.classify?.(response(status, body))).toMatchObject(verdict)
  })
})

it('takes no page for a success of githubdispatch', () => {
  expect(githubDispatch.classify?.(response(200, '<html>Sign in</html>'))).toMatchObject({
    kind: 'retry',
    reason: expect.stringMatching(/the answer is a page/),
  })
})
