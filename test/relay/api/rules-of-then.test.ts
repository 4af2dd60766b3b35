import { expect, it } from 'vitest'
import { createRulesReader } from '../../../relay/api/rules-of-then.ts'
import { reconcileFleet } from '../../../relay/pipeline/reconcile.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { alert, CLUSTER, createHarness, provider } from '../../support/relay-harness.ts'
import { annotated } from '../pipeline/rules/annotated.ts'

/** A reader of a history that has every revision but "gone", and what it was asked for. */
async function reader() {
  const { configure, ports } = createHarness()
  await configure(
    provider('hook', { type: 'generic', address: 'https://hook.test/' }),
    alert('all', 'hook'),
  )
  const snapshot = await ports.configs.read(CLUSTER)
  if (snapshot === undefined || snapshot === 'unchanged') throw new Error('no configuration')
  const asked: string[] = []
  const failures: Error[] = []
  const history = {
    async readRevision(_: string, revision: string) {
      asked.push(revision)
      const failure = failures.pop()
      if (failure) throw failure
      return revision === 'gone' ? undefined : snapshot
    },
  }
  const rules = createRulesReader(history, ports.configs)
  const of = (revision: string) => rules.of([deliveryRecord({ id: revision, revision })])
  return { of, rules, asked, failures }
}

it('reads and compiles a revision once, for all who ask', async () => {
  const { of, asked } = await reader()
  const [one, another] = await Promise.all([of('r1'), of('r1')])
  expect(await of('r1')).toBe(one)
  expect(another).toBe(one)
  expect(one).toMatchObject({ revision: 'r1' })
  expect('alerts' in one && [...one.alerts.keys()]).toEqual(['flux-system/all'])
  expect(asked).toEqual(['r1'])
})

it('takes the rules by which a failure was judged, and not those of its reminders', async () => {
  const { rules } = await reader()
  const failure = deliveryRecord({ id: 'f', revision: 'r1', attempt: 3 })
  const reminder = { of: 'f', number: 1, since: 0 }
  const reminded = deliveryRecord({ id: 'g', revision: 'r2', attempt: 1, reminder })
  expect(await rules.of([reminded, failure])).toMatchObject({ revision: 'r1' })
})

it('compiles rules that lead to the fleet again when the fleet has changed', async () => {
  const { ports, configure } = createHarness()
  await configure(annotated(alert('all', 'none'), { provider: '_fleet/hook' }))
  const cluster = CLUSTER
  const snapshot = await ports.configs.read(cluster)
  const history = {
    readRevision: async () => (typeof snapshot === 'object' ? snapshot : undefined),
  }
  const rules = createRulesReader(history, ports.configs)
  const providers = async () => {
    const found = await rules.of([deliveryRecord({ id: 'a', revision: 'r1' })])
    return 'table' in found ? [...found.table.providers.keys()] : []
  }
  expect(await providers()).toEqual([])
  const { metadata: _, ...hook } = provider('hook', { type: 'generic' })
  for (const [name, takenAt] of [
    ['hook', 1],
    ['other', 2],
  ] as const) {
    const manifests = [{ ...hook, metadata: { name } }]
    await ports.configs.replace(await reconcileFleet(manifests, takenAt, ports.secrets))
    expect(await providers()).toEqual([`_fleet/${name}`])
  }
})

it('keeps the eight revisions that were asked for last', async () => {
  const { of, asked } = await reader()
  for (const revision of ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r0', 'r8']) {
    await of(revision)
  }
  await of('r0')
  expect(asked).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8'])
  await of('r1')
  expect(asked.at(-1)).toBe('r1')
  expect(asked).toHaveLength(10)
})

it('reads again what could not be read, or was not there', async () => {
  const { of, asked, failures } = await reader()
  failures.push(new Error('throttled'))
  await expect(of('r1')).rejects.toThrow('throttled')
  expect(await of('r1')).toMatchObject({ revision: 'r1' })
  expect(await of('gone')).toEqual({ missing: 'the configuration gone is not kept any more' })
  await of('gone')
  expect(asked).toEqual(['r1', 'r1', 'gone', 'gone'])
})
