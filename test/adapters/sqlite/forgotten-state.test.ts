import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SqliteConfigStore } from '../../../adapters/sqlite/config.ts'
import { openRelayDatabase } from '../../../adapters/sqlite/relay-database.ts'
import { SqliteStateStore } from '../../../adapters/sqlite/state.ts'
import { annotated } from '../../relay/pipeline/rules/annotated.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import type { FixtureName } from '../../support/notifications.ts'
import { alert, CLUSTER, createHarness, provider } from '../../support/relay-harness.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const DAY_MS = 24 * 3_600_000

it('forgets all items of one cluster, on the disk and in memory', async () => {
  const clock = new ManualClock()
  const database = openRelayDatabase(join(temporaryDirectory(), 'flux-relay.db'))
  onTestFinished(() => database.close())
  const state = new SqliteStateStore(database, clock)
  const expiresAt = clock.now() + DAY_MS
  const write = (key: string) => state.write(key, { key }, 'absent', expiresAt, { withNext: true })
  const own = Array.from({ length: 450 }, (_, index) => `prod#object#${index}`)
  const others = ['pro#a', 'prod-2#a', 'prod!#a', 'prod$#a', 'a#prod#a', 'z#a']
  for (const key of [...own, ...others]) await write(key)
  expect(await state.forget('prod')).toBe(true)
  expect(await state.forget('prod')).toBe(false)
  for (const store of [state, new SqliteStateStore(database, clock)]) {
    for (const key of own) expect(await store.read(key)).toBeUndefined()
    for (const key of others) expect(await store.read(key)).toMatchObject({ value: { key } })
  }
  expect(await write('prod#object#1')).toBe(true)
  expect(await state.read('prod#object#1')).toMatchObject({ version: 1 })
})

it.each<[string, FixtureName, number]>([
  ['its first failure is told, of the revision of then', 'kustomization-health-check-failed', 1],
  ['its first success ends nothing', 'kustomization-finished', 0],
])('a cluster that is made anew begins without: %s', async (_, fixture, requests) => {
  const harness = createHarness()
  const { configs, state } = harness.ports
  if (!(state instanceof SqliteStateStore && configs instanceof SqliteConfigStore))
    throw new Error()
  const objects = [
    provider('p', { type: 'slack', address: 'https://hooks.slack.com/services/x' }),
    annotated(alert('a', 'p'), { only: 'failures' }),
  ]
  const report = async (name: FixtureName) => {
    await harness.configure(...objects)
    await harness.send(name, { timestamp: new Date(harness.clock.now()).toISOString() })
    await harness.drain()
  }
  await report('kustomization-health-check-failed')
  expect(harness.requests).toHaveLength(1)
  await configs.forget(CLUSTER)
  await harness.pass(8 * DAY_MS)
  await state.forget(CLUSTER)
  await report(fixture)
  expect(harness.requests).toHaveLength(1 + requests)
})
