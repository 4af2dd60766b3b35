import { describe, expect, it } from 'vitest'
import { msteams } from '../../../relay/providers/msteams.ts'
import { describeStatusClasses } from '../../support/classify-table.ts'
import {
  notificationOf,
  requestsOf,
  response,
  settingsOf,
  withJsonBody,
} from '../../support/notifications.ts'

const WORKFLOW = 'https://prod-1.westus.logic.azure.com:443/workflows/1/triggers/manual?sig=abc'
const CONNECTOR = 'https://example.webhook.office.com/webhookb2/1@2/IncomingWebhook/3/4'
const workflow = settingsOf(msteams, {}, { address: WORKFLOW })
const connector = settingsOf(msteams, {}, { address: CONNECTOR })

const FAILED_MESSAGE =
  'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded'

/** The golden message of an Adaptive Card around what differs. */
function adaptiveCard(items: readonly unknown[]) {
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [{ type: 'Container', items }],
          msteams: { width: 'Full' },
        },
      },
    ],
  }
}

describe('msteams requests to a workflow', () => {
  it('posts an info event as an Adaptive Card', () => {
    expect(requestsOf(msteams, notificationOf('kustomization-finished'), workflow)).toEqual([
      {
        method: 'POST',
        url: WORKFLOW,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(
          adaptiveCard([
            {
              type: 'TextBlock',
              text: 'kustomization/podinfo.flux-system',
              size: 'large',
              weight: 'bolder',
              wrap: true,
            },
            {
              type: 'TextBlock',
              text: 'Reconciliation finished in 2.084434647s, next run in 5m0s',
              wrap: true,
            },
            {
              type: 'FactSet',
              facts: [
                { title: 'revision', value: 'main/9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d' },
              ],
            },
          ]),
        ),
      },
    ])
  })

  it('posts an error in the color of attention, with the facts sorted', () => {
    const [request] = requestsOf(msteams, notificationOf('helmrelease-upgrade-failed'), workflow)
    expect(withJsonBody(request).body).toEqual(
      adaptiveCard([
        {
          type: 'TextBlock',
          text: 'helmrelease/webapp.apps',
          size: 'large',
          weight: 'bolder',
          wrap: true,
        },
        { type: 'TextBlock', text: FAILED_MESSAGE, color: 'attention', wrap: true },
        {
          type: 'FactSet',
          facts: [
            { title: 'app-version', value: '2.0.1' },
            { title: 'deploymentID', value: 'e076e315-5a48-41c3-81c8-8d8bdee7d74d' },
            { title: 'revision', value: '1.4.2' },
          ],
        },
      ]),
    )
  })

  it('puts the summary first', () => {
    const [request] = requestsOf(
      msteams,
      notificationOf('kustomization-applied', {
        metadata: {
          'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:1',
          'kustomize.toolkit.fluxcd.io/summary': 'production',
          'kustomize.toolkit.fluxcd.io/team': 'web',
        },
      }),
      workflow,
    )
    expect(String(request?.body)).toContain(
      '"facts":[{"title":"summary","value":"production"},{"title":"revision","value":"main@sha1:1"},{"title":"team","value":"web"}]',
    )
  })

  it('posts a progress event without metadata with an empty fact set', () => {
    const [request] = requestsOf(
      msteams,
      notificationOf('kustomization-configured', { metadata: null }),
      workflow,
    )
    expect(withJsonBody(request).body).toEqual(
      adaptiveCard([
        {
          type: 'TextBlock',
          text: 'kustomization/podinfo.flux-system',
          size: 'large',
          weight: 'bolder',
          wrap: true,
        },
        {
          type: 'TextBlock',
          text: 'Deployment/podinfo/podinfo configured\n\nService/podinfo/podinfo unchanged',
          wrap: true,
        },
        { type: 'FactSet' },
      ]),
    )
  })

  it('takes a host that only contains the connector name for a workflow', () => {
    const address = 'https://example.webhook.office.com.evil.example/hook'
    const [request] = requestsOf(
      msteams,
      notificationOf('kustomization-finished'),
      settingsOf(msteams, { address }),
    )
    expect(withJsonBody(request).body).toMatchObject({ type: 'message' })
  })
})

describe('msteams requests to a deprecated connector', () => {
  it('posts an info event as a MessageCard', () => {
    expect(requestsOf(msteams, notificationOf('kustomization-finished'), connector)).toEqual([
      {
        method: 'POST',
        url: CONNECTOR,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          '@type': 'MessageCard',
          '@context': 'http://schema.org/extensions',
          themeColor: '0076D7',
          summary: 'kustomization/podinfo.flux-system',
          sections: [
            {
              activityTitle: 'Reconciliation finished in 2.084434647s, next run in 5m0s',
              activitySubtitle: 'kustomization/podinfo.flux-system',
              facts: [{ name: 'revision', value: 'main/9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d' }],
            },
          ],
        }),
      },
    ])
  })

  it('posts an error in red', () => {
    const [request] = requestsOf(msteams, notificationOf('helmrelease-upgrade-failed'), connector)
    expect(withJsonBody(request).body).toEqual({
      '@type': 'MessageCard',
      '@context': 'http://schema.org/extensions',
      themeColor: 'FF0000',
      summary: 'helmrelease/webapp.apps',
      sections: [
        {
          activityTitle: FAILED_MESSAGE,
          activitySubtitle: 'helmrelease/webapp.apps',
          facts: [
            { name: 'app-version', value: '2.0.1' },
            { name: 'deploymentID', value: 'e076e315-5a48-41c3-81c8-8d8bdee7d74d' },
            { name: 'revision', value: '1.4.2' },
          ],
        },
      ],
    })
  })

  it('posts a progress event without metadata with no facts', () => {
    const [request] = requestsOf(
      msteams,
      notificationOf('kustomization-configured', { metadata: null }),
      connector,
    )
    expect(withJsonBody(request).body).toMatchObject({
      themeColor: '0076D7',
      sections: [
        {
          activityTitle:
            'Deployment/podinfo/podinfo configured\n\nService/podinfo/podinfo unchanged',
          facts: [],
        },
      ],
    })
  })

  it('knows the connector with a port and in capitals', () => {
    const address = 'https://EXAMPLE.webhook.office.com:8443/webhookb2/1'
    const [request] = requestsOf(
      msteams,
      notificationOf('kustomization-finished'),
      settingsOf(msteams, { address }),
    )
    expect(withJsonBody(request).body).toMatchObject({ '@type': 'MessageCard' })
  })
})

describe.each([
  ['a workflow', workflow, '<b>\\"x\\"</b>', '&'],
  ['a connector', connector, '&lt;b&gt;\\"x\\"&lt;/b&gt;', '&amp;'],
])('msteams texts for %s', (_, settings, tag, and) => {
  it('shows markup of others as they wrote it', () => {
    const [request] = requestsOf(
      msteams,
      notificationOf('kustomization-applied', {
        message: 'déployé 🚀 <b>"x"</b> *y* & `z`',
        metadata: { 'kustomize.toolkit.fluxcd.io/team': 'Ünïts & <co> 🦊' },
      }),
      settings,
    )
    expect(request?.body).toContain(`"déployé 🚀 ${tag} \\\\*y\\\\* ${and} \\\\\`z\\\\\`"`)
    expect(request?.body).toContain(`"Ünïts ${and} `)
  })

  it.each([
    ['ASCII', 'x'],
    ['quotes', '"'],
    ['two-byte letters', 'é'],
    ['three-byte letters', '配'],
    ['pairs', '🚀'],
  ])('cuts a long message of %s to 28 kB, counted as UTF-8 and as UTF-16', (_name, character) => {
    const [request] = requestsOf(
      msteams,
      notificationOf('kustomization-applied', { message: character.repeat(39_000) }),
      settings,
    )
    const body = String(request?.body)
    const bytes = Math.max(Buffer.byteLength(body), 2 * body.length)
    expect(bytes).toBeLessThanOrEqual(28_000)
    expect(bytes).toBeGreaterThan(27_990)
    expect(body).toContain(`${JSON.stringify(character).slice(1, -1)}…"`)
    expect(body.isWellFormed()).toBe(true)
    expect(body).toContain('main@sha1:9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d')
  })

  it('makes the same bytes of the same input', () => {
    const notification = notificationOf('helmrelease-upgrade-failed')
    expect(requestsOf(msteams, notification, settings)).toEqual(
      requestsOf(msteams, notification, settings),
    )
  })
})

describe('msteams settings', () => {
  it.each([
    ['no address', {}, {}, /address: set spec\.address/],
    ['a blank Secret address', { address: WORKFLOW }, { address: ' ' }, /address: set spec\./],
    ['an address that is no URL', { address: 'general' }, {}, /address: set spec\.address/],
  ])('refuses %s', (_, spec, secret, message) => {
    expect(() => settingsOf(msteams, spec, secret)).toThrow(message)
  })
})

describe('msteams answers of 200 that tell a failure', () => {
  const told = (status: number) =>
    `Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ${status} with ContextId tcid=1,server=a,cv=b..`

  it.each([
    ['1', { kind: 'delivered' }],
    [told(429), { kind: 'retry', applied: 'no' }],
    [told(500), { kind: 'retry', applied: 'unknown' }],
    [told(503), { kind: 'retry', applied: 'unknown' }],
    [told(400), { kind: 'rejected', reason: 'Teams answered HTTP 400 to its connector' }],
    [told(403), { kind: 'rejected' }],
    [told(404), { kind: 'rejected' }],
    [told(413), { kind: 'rejected', reason: 'Teams answered HTTP 413 to its connector' }],
    ['Webhook message delivery failed', { kind: 'rejected' }],
  ])('judges %s', (body, verdict) => {
    expect(msteams.classify?.(response(200, body))).toMatchObject(verdict)
  })

  it('keeps the wait of a told 429', () => {
    const answer = response(200, told(429), { 'retry-after': '20' })
    expect(msteams.classify?.(answer)).toEqual({
      kind: 'retry',
      reason: 'Teams answered HTTP 429 to its connector',
      applied: 'no',
      retryAfterMs: 20_000,
    })
  })
})

describeStatusClasses(msteams)
