import { describe, expect, it } from 'vitest'
import { compileStringExpression } from '../../../relay/cel/string-expression.ts'
import type { Event } from '../../../relay/model/event.ts'
import { parseAlert, parseProvider } from '../../../relay/model/parse-objects.ts'
import { celVariables } from '../../../relay/pipeline/cel-variables.ts'

const event: Event = {
  involvedObject: {
    kind: 'Kustomization',
    namespace: 'flux-system',
    name: 'podinfo',
    uid: '',
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    resourceVersion: '',
    fieldPath: '',
  },
  severity: 'info',
  timestamp: '2026-11-20T09:14:03.987Z',
  message: 'Applied revision',
  reason: '',
  metadata: { constructor: 'held', env: 'eu', revision: 'main@sha1:7c3b1f2' },
  reportingController: 'kustomize-controller',
  reportingInstance: '',
}

const object = (kind: string, spec: object, more: object = {}, version = 'v1beta3') => ({
  apiVersion: `notification.toolkit.fluxcd.io/${version}`,
  kind,
  metadata: { name: 'podinfo', namespace: 'flux-system', ...more },
  spec,
})

const ALERT = {
  providerRef: { name: 'github' },
  eventSources: [{ kind: 'Kustomization', name: '*' }],
}
const PROVIDER = { type: 'github', address: 'https://github.com/o/r' }

interface Given {
  readonly alert?: object
  readonly provider?: object
}

function evaluate(expression: string, given: Given = {}, seen: Event = event): string {
  const alert = parseAlert('local', { ...object('Alert', ALERT), ...given.alert })
  const provider = parseProvider('local', { ...object('Provider', PROVIDER), ...given.provider })
  if (!('object' in alert && 'object' in provider)) throw new Error('expected valid objects')
  const variables = celVariables('local', seen, alert.object, provider.object)
  return compileStringExpression(expression).evaluate(variables)
}

const has = (field: string) => `has(${field}) ? 'there' : 'absent'`

describe('the variables of commitStatusExpr', () => {
  it.each([
    ["event.timestamp + ''", '2026-11-20T09:14:03Z'],
    ['string(timestamp(event.timestamp).getMilliseconds())', '0'],
    [has('event.involvedObject.fieldPath'), 'absent'],
    [has('event.involvedObject.resourceVersion'), 'absent'],
    [has('event.involvedObject.apiVersion'), 'there'],
    [has('event.reportingInstance'), 'absent'],
    // Flux's type has these without omitempty.
    [has('event.reason'), 'there'],
    ["event.reason + '|'", '|'],
    ["event.metadata.constructor + event.metadata['constructor']", 'heldheld'],
    [has('event.metadata.hasOwnProperty'), 'absent'],
    [has('event.metadata.__proto__'), 'absent'],
    ["alert.spec.eventSeverity + ''", 'info'],
    [has('alert.spec.suspend'), 'absent'],
    [has('alert.spec.eventMetadata'), 'absent'],
    [has('alert.spec.eventSources[0].namespace'), 'absent'],
    [has('alert.metadata.labels'), 'absent'],
    [has('alert.status'), 'absent'],
    ['string(provider.metadata.generation)', '1'],
    ["type(provider.metadata.generation) == int ? 'int' : 'other'", 'int'],
    [has('provider.spec.channel'), 'absent'],
    [has('provider.spec.timeout'), 'absent'],
    [
      "provider.kind + ' ' + provider.apiVersion",
      'Provider notification.toolkit.fluxcd.io/v1beta3',
    ],
    ['cluster', 'local'],
  ])('%s is %s', (expression, value) => {
    expect(evaluate(expression)).toBe(value)
  })

  it('have no metadata where the event has none', () => {
    const bare = { ...event, metadata: {} }
    expect(evaluate(has('event.metadata'), {}, bare)).toBe('absent')
    expect(evaluate("event.?metadata.?env.orValue('none')", {}, bare)).toBe('none')
  })

  it('take any text as a metadata key', () => {
    const metadata = Object.fromEntries([
      ['__proto__', 'p'],
      ['toString', 't'],
      ['a b', 'x'],
    ])
    const expression = 'event.metadata.__proto__ + event.metadata.toString + event.metadata.`a b`'
    expect(evaluate(expression, {}, { ...event, metadata })).toBe('ptx')
  })

  it('have what the objects say, as Flux reads it', () => {
    const alert = object(
      'Alert',
      {
        ...ALERT,
        eventSeverity: 'error',
        eventSources: [
          { kind: 'HelmRelease', name: 'a', namespace: 'apps', matchLabels: { a: 'b' } },
        ],
        eventMetadata: { team: 'x' },
        suspend: null,
        unknown: 'pruned',
      },
      { labels: { team: 'a' }, generation: 7 },
      'v1beta2',
    )
    const provider = object(
      'Provider',
      { ...PROVIDER, timeout: '90s', interval: '1h', channel: '', secretRef: { name: 'token' } },
      { uid: 'f47ac10b-58cc', generation: 2 },
    )
    const see = (expression: string) => evaluate(expression, { alert, provider })
    expect(
      see('alert.spec.eventSeverity + alert.spec.eventMetadata.team + alert.metadata.labels.team'),
    ).toBe('errorxa')
    expect(
      see('alert.spec.eventSources[0].namespace + alert.spec.eventSources[0].matchLabels.a'),
    ).toBe('appsb')
    expect(see('string(alert.metadata.generation + provider.metadata.generation)')).toBe('9')
    expect(see(has('alert.spec.unknown'))).toBe('absent')
    expect(see(has('alert.spec.suspend'))).toBe('absent')
    expect(see("alert.apiVersion + ''")).toBe('notification.toolkit.fluxcd.io/v1beta3')
    expect(see("provider.spec.timeout + ' ' + provider.spec.interval")).toBe('1m30s 1h0m0s')
    expect(see(has('provider.spec.channel'))).toBe('absent')
    expect(
      see("provider.spec.secretRef.name + provider.metadata.uid.split('-').first().value()"),
    ).toBe('tokenf47ac10b')
  })

  it.each([
    ['500ms', '500ms'],
    ['1.5s', '1.5s'],
    ['60s', '1m0s'],
    ['1h1m1s', '1h1m1s'],
    ['3600s', '1h0m0s'],
  ])('write a timeout of %s as Go does: %s', (timeout, written) => {
    const provider = object('Provider', { ...PROVIDER, timeout })
    expect(evaluate("provider.spec.timeout + ''", { provider })).toBe(written)
  })
})
