import { describe, expect, it } from 'vitest'
import { explainEvent } from '../../relay/pipeline/explain/explain.ts'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { compileRoutingTable } from '../../relay/pipeline/routing-table.ts'
import { createCanaries } from '../support/canaries.ts'
import { type CanaryVariant, canaryProvider, HTTP_TYPES } from '../support/canary-providers.ts'
import { acceptedEvent, event } from '../support/delivery-records.ts'
import { memoryPorts } from '../support/memory-ports.ts'

const ORIGIN = 'https://hooks.fleet-example.test:8443'
const COMMIT = '3f2c9a1b5d7e9f1a3c5b7d9e1f3a5c7b9d1e3f5a'

/** One that every type takes. */
function eventForAll() {
  const base = event()
  const metadata = {
    'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${COMMIT}`,
    'event.toolkit.fluxcd.io/change_request': '7',
    'event.toolkit.fluxcd.io/commit': COMMIT,
  }
  return acceptedEvent({ event: { ...base, metadata } })
}

describe.each(HTTP_TYPES)('an explanation with a Provider of the type $type', (type) => {
  it.each<CanaryVariant>(['secret', 'inline'])('shows no secret (%s)', async (variant) => {
    const canaries = createCanaries()
    const target = { type, name: 'p', variant, origin: ORIGIN, path: 'path-1' }
    const { manifests, secrets } = canaryProvider(canaries, target)
    const ports = memoryPorts()
    for (const [name, data] of secrets) ports.secrets.put('local', 'flux-system', name, data)
    const snapshot = await reconcile('local', manifests, 0, ports.secrets)
    const rules = { snapshot, table: compileRoutingTable(snapshot) }
    const [verdict] = await explainEvent(ports, rules, eventForAll(), {
      noCrossNamespaceRefs: false,
    })
    expect(verdict).toMatchObject({ outcome: 'delivered' })
    // Else nothing was looked at.
    expect([verdict?.requests.length, verdict?.notes.length]).not.toEqual([0, 0])
    expect(canaries.leaksIn(JSON.stringify(verdict))).toEqual([])
    expect(canaries.leaksIn(verdict?.requests.map(({ body }) => body).join('\n') ?? '')).toEqual([])
    const credentials = verdict?.requests.flatMap(({ headers }) =>
      Object.entries(headers).filter(([name]) => /auth|sign|token|key|cookie/i.test(name)),
    )
    for (const [, value] of credentials ?? []) expect(value).toBe('***')
  })
})
