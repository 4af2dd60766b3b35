import { expect, it } from 'vitest'
import { fixtureJson } from '../../../support/notifications.ts'
import { alert, createHarness, provider } from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'

const SLACK = { type: 'slack', address: 'https://hooks.slack.com/services/x' }
const RULE = { 'group-by': "'all'", 'group-wait': '1m', 'group-max': '1h' }

/** Less than `group-wait`, so that each event moves the window. */
const EVERY_MS = 50_000
const EVENTS = 73

it('those that joined a window early look ever less often whether it is moved on', async () => {
  const harness = createHarness()
  const { clock, decisions } = harness
  await harness.configure(provider('p', SLACK), annotated(alert('a', 'p'), RULE))
  const event = fixtureJson('kustomization-finished')
  for (let number = 0; number < EVENTS; number += 1) {
    const involvedObject = { ...Object(event.involvedObject), name: `app-${number}` }
    await harness.sendJson({ ...event, involvedObject })
    await harness.drain()
    const until = clock.now() + EVERY_MS
    while ((harness.nextWakeAt() ?? until) < until) await harness.drainNext()
    clock.set(until)
  }
  while (await harness.drainNext());
  expect(harness.requests).toHaveLength(1)
  const records = await harness.records()
  expect(new Set(records.map(({ outcome }) => outcome))).toEqual(new Set(['delivered']))
  const leader = records.find(({ id, toldIn }) => id === toldIn)
  const others = records.filter(({ id }) => id !== leader?.id)
  const looks = Map.groupBy(decisions, ({ record }) => record.id)
  // The first of them waited for an hour, in which its window was due 60 times.
  expect(Math.max(...others.map(({ id }) => looks.get(id)?.length ?? 0))).toBeLessThan(30)
  const endedAfterMs = others.map(({ updatedAt }) => updatedAt - (leader?.updatedAt ?? 0))
  expect(Math.max(...endedAfterMs)).toBeLessThanOrEqual(11 * 60_000)
})
