import { describe, expect, it, vi } from 'vitest'
import type { ConfigSnapshot } from '../../../relay/model/config.ts'
import { MessageTests } from '../../../relay/pipeline/message-tests.ts'
import { MAX_EVENT_STEPS, PatternBudget } from '../../../relay/pipeline/pattern-budget.ts'
import { reconcile } from '../../../relay/pipeline/reconcile.ts'
import { compileInSlices, compileRoutingTable } from '../../../relay/pipeline/routing-table.ts'
import { alert, provider } from '../../support/relay-harness.ts'

const hook = provider('a', { type: 'generic', address: 'https://a.test' })

/** A snapshot of Alerts with these exclusion lists, and what is said of each. */
async function judge(specs: ReadonlyArray<Record<string, unknown>>) {
  const alerts = specs.map((spec, index) => alert(`a${index}`, 'a', spec))
  const secrets = { read: async () => undefined }
  const snapshot = await reconcile('local', [hook, ...alerts], 0, secrets)
  return { snapshot, said: snapshot.objects.filter(({ kind }) => kind === 'Alert') }
}

function refusalsIn(snapshot: ConfigSnapshot) {
  const alerts = [...compileRoutingTable(snapshot).alertsByUid.values()]
  return alerts.flatMap(({ alert, refusals }) => refusals.map(() => alert.metadata.name))
}

/** Patterns of some 1,000 instructions each, which differ. */
const large = (index: number) => `[a-c]{1000}x${index}`

describe('what the patterns of a cluster may cost', () => {
  it('that one event may meet: entries over the sum are refused, the others hold', async () => {
    const ready = await judge(Array.from({ length: 24 }, (_, n) => ({ exclusionList: [large(n)] })))
    const refused = ready.said.filter(({ reason }) => reason === 'PatternRefused')
    expect(refused.map(({ name }) => name)).toEqual(['a23'])
    expect(refused[0]?.message).toBe(
      'spec.exclusionList[0] is refused, so events that this entry should hold back are sent; it costs too much: it and the patterns for Kustomization in namespace flux-system that come before it take more than 24000 steps a character together',
    )
    // The same ones are refused when the configuration is put in force.
    expect(refusalsIn(ready.snapshot)).toEqual(['a23'])
  })

  it('counts equal patterns once, and events of another kind or namespace by themselves', async () => {
    const specs = Array.from({ length: 60 }, (_, index) => ({
      eventSources: [{ kind: 'Kustomization', name: '*', namespace: `ns-${index % 3}` }],
      exclusionList: [large(Math.floor(index / 3)), large(0)],
    }))
    const { said } = await judge(specs)
    expect(said.every(({ ready }) => ready)).toBe(true)
  })

  it('to compile: entries over the sum are refused without being compiled', () => {
    const budget = new PatternBudget(1_000)
    const pattern = (index: number) => `[ab]${'x'.repeat(195)}${index}`
    const results = Array.from({ length: 7 }, (_, index) =>
      budget.compile(pattern(index), {
        named: [`Kustomization in namespace ns-${index}`],
        anywhere: [],
      }),
    )
    // Each costs 197 and its one kind and namespace.
    expect(results.map((result) => 'error' in result && result.isTooCostly)).toEqual(
      results.map((_, index) => index > 4),
    )
    expect(results.at(-1)).toMatchObject({
      error:
        'it and the patterns of the cluster that come before it cost more than 1000 together to compile',
    })
    // One that is compiled already costs no more.
    expect(
      budget.compile(pattern(0), { named: ['HelmRelease in namespace x'], anywhere: [] }),
    ).toHaveProperty('steps')
  })
})

describe('costly patterns', () => {
  it('are compiled with pauses, within one Alert too', async () => {
    const exclusionList = Array.from({ length: 20 }, (_, index) => `[ab]{600}${index}`)
    const { snapshot } = await judge([{ exclusionList }])
    const pause = vi.fn(async () => undefined)
    await compileInSlices(snapshot, pause)
    expect(pause.mock.calls.length).toBeGreaterThanOrEqual(20)
  })

  it('test a long message once each, with a pause after each that takes long', async () => {
    const specs = Array.from({ length: 5 }, (_, index) => ({ exclusionList: [large(index), 'y'] }))
    const table = compileRoutingTable((await judge([...specs, ...specs])).snapshot)
    const alerts = [...table.alertsByUid.values()]
    const tests = new MessageTests('abc'.repeat(500))
    const pause = vi.fn(async () => undefined)
    await tests.testAhead(alerts, table.patternSteps, pause)
    expect(pause).toHaveBeenCalledTimes(5)
    await tests.testAhead(alerts, table.patternSteps, pause)
    expect(pause).toHaveBeenCalledTimes(5)
    expect(alerts.map((each) => tests.missOf(each))).toEqual(alerts.map(() => undefined))
  })

  it('test a short message at once', async () => {
    const { snapshot } = await judge([{ exclusionList: ['waiting', 'reconciliation finished'] }])
    const table = compileRoutingTable(snapshot)
    expect(table.patternSteps).toBeLessThan(MAX_EVENT_STEPS / 100)
    const pause = async () => expect.unreachable()
    const tests = new MessageTests('a message of some hundred characters'.repeat(10))
    await tests.testAhead(table.alertsByUid.values(), table.patternSteps, pause)
  })
})
