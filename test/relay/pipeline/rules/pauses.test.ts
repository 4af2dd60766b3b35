import { expect, it } from 'vitest'
import { EventTests } from '../../../../relay/pipeline/event-tests.ts'
import { match } from '../../../../relay/pipeline/match.ts'
import { compileRoutingTable } from '../../../../relay/pipeline/routing-table.ts'
import { fixtureEvent } from '../../../support/notifications.ts'
import { alert, provider } from '../../../support/relay-harness.ts'
import { annotated } from './annotated.ts'

it.each([
  [1_000, 5],
  [50, 0],
])('other work runs between the conditions of %d Alerts', async (count, least) => {
  const alerts = Array.from({ length: count }, (_, index) =>
    annotated(alert(`a${index}`, 'p'), { when: 'true' }),
  )
  const manifests = [provider('p', { type: 'generic', address: 'https://a.test' }), ...alerts]
  const table = compileRoutingTable({
    cluster: 'local',
    revision: '1',
    takenAt: 0,
    manifests,
    objects: [],
  })
  const input = { event: fixtureEvent('kustomization-finished') }
  const tests = new EventTests(input)
  const { alerts: fitting } = match(input, table, { noCrossNamespaceRefs: false }, tests)
  let pauses = 0
  await tests.testAhead(fitting, table, async () => {
    pauses += 1
  })
  expect(pauses).toBeGreaterThanOrEqual(least)
  expect(pauses).toBeLessThanOrEqual(least * 2)
})
