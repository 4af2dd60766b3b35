import { describe, expect, it } from 'vitest'
import { eventRoutes } from '../../cli/diff/event-routes.ts'
import type { ListedEvent } from '../../relay/api/schemas/event-list.ts'
import { event } from '../support/delivery-records.ts'
import { alert, provider } from '../support/relay-harness.ts'

const HOOK = provider('hook', { type: 'generic', address: 'https://a.test' })
const named = (name: string) => ({ namespace: 'flux-system', name })

function listed(changes: Partial<ListedEvent> = {}): ListedEvent {
  const acceptedAt = '2026-11-29T00:00:00.000Z'
  const about = { cluster: 'prod', object: 'Kustomization/flux-system/apps', event: event('apps') }
  return { id: 'e1', acceptedAt, ...about, outcomes: [], ...changes }
}

/** What is recorded of an Alert `on-call`. */
function recorded(outcome: string, to?: string): ListedEvent {
  const provided = to === undefined ? {} : { provider: named(to) }
  const record = { delivery: 'd1', alert: named('on-call'), ...provided, outcome, reason: '' }
  return listed({ outcomes: [record] })
}

const onCall = (spec: Readonly<Record<string, unknown>>) => alert('on-call', 'hook', spec)
const ofTeam = (team: string) => [{ kind: 'Kustomization', name: '*', matchLabels: { team } }]
const ALL = onCall({ eventSources: [{ kind: 'Kustomization', name: '*' }] })
const ELSEWHERE = { eventSources: [{ kind: 'Kustomization', name: '*', namespace: 'apps' }] }
const ERRORS = onCall({
  eventSources: [{ kind: 'Kustomization', name: '*' }],
  eventSeverity: 'error',
})

describe('the ways of an event', () => {
  it.each([
    ['to an Alert that there was not', listed(), [], [ALL], [1, 0, 0]],
    ['that was skipped, and is no more', recorded('skipped', 'hook'), [ERRORS], [ALL], [1, 0, 0]],
    ['that was taken, and is no more', recorded('dead', 'hook'), [ALL], [ERRORS], [0, 1, 0]],
    ['of an Alert that goes', recorded('suppressed', 'hook'), [ALL], [], [0, 1, 0]],
    ['that stays', recorded('retry', 'hook'), [ALL], [ALL], [0, 0, 1]],
    ['of a record without a Provider', recorded('delivered'), [ALL], [ALL], [0, 0, 1]],
    [
      'by a label',
      listed({ objectLabels: { team: 'a' } }),
      [],
      [onCall({ eventSources: ofTeam('a') })],
      [1, 0, 0],
    ],
    ['without a record, by the same rules', listed(), [ALL], [ALL], undefined],
    [
      'by another label',
      listed({ objectLabels: { team: 'b' } }),
      [],
      [onCall({ eventSources: ofTeam('a') })],
      undefined,
    ],
    ['that no rule takes', listed(), [], [ERRORS], undefined],
  ] as const)('%s', async (_, found, inForce, changed, counts) => {
    const { routes } = await eventRoutes([found], {
      ...{ cluster: 'prod', secrets: { read: async () => undefined }, noCrossNamespaceRefs: false },
      inForce: [HOOK, ...inForce],
      changed: [HOOK, ...changed],
    })
    const [route] = routes
    expect(route && [route.added.length, route.gone.length, route.same]).toEqual(counts)
  })

  it('need no reference to another namespace where a relay takes none', async () => {
    const found = listed({
      event: {
        ...event('apps'),
        involvedObject: { ...event('apps').involvedObject, namespace: 'apps' },
      },
    })
    const rules = {
      ...{ cluster: 'prod', secrets: { read: async () => undefined } },
      ...{ inForce: [HOOK], changed: [HOOK, onCall(ELSEWHERE)] },
    }
    const ways = async (noCrossNamespaceRefs: boolean) =>
      (await eventRoutes([found], { ...rules, noCrossNamespaceRefs })).routes.length
    expect([await ways(false), await ways(true)]).toEqual([1, 0])
  })
})
