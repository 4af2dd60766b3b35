import { describe, expect, it } from 'vitest'
import { createStackOverview } from '../../cli/relay/stack-overview.ts'
import { Overview } from '../../relay/api/schemas/overview.ts'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { alert, provider } from '../support/relay-harness.ts'

const MINUTE_MS = 60_000
const CHAT = { namespace: 'flux-system', name: 'chat', uid: 'chat-uid', type: 'slack' }

/** A stack whose cluster `local` has records of these outcomes, of a minute ago. */
async function openStack() {
  const ports = memoryPorts()
  const { clock, configs, ledger } = ports
  const set = [
    provider('chat', { type: 'slack', address: 'https://hooks.slack.com/services/x' }),
    alert('all', 'chat'),
    alert('lost', 'missing'),
  ]
  await configs.replace(await reconcile('local', set, clock.now(), ports.secrets))
  const clusters = { list: async () => [{ cluster: 'local' }, { cluster: 'other' }] }
  const overview = createStackOverview({ ledger, configs, clock, clusters }, 'local')
  const put = (id: string, changes: Parameters<typeof deliveryRecord>[0]) =>
    ledger.put(
      deliveryRecord({
        ...{ id, provider: CHAT, alert: { namespace: 'flux-system', name: 'all', uid: 'all-uid' } },
        ...{ acceptedAt: clock.now() - MINUTE_MS, updatedAt: clock.now() - MINUTE_MS },
        ...changes,
      }),
    )
  const shown = async () => Overview.parse(JSON.parse(String((await overview.showOverview()).body)))
  return { clock, overview, put, shown }
}

describe('the overview of a stack', () => {
  it('counts the outcomes that the latest deliveries have, and tells what fails', async () => {
    const { clock, put, shown } = await openStack()
    put('a', { outcome: 'delivered' })
    put('b', { outcome: 'delivered' })
    put('c', { outcome: 'dead', reason: 'HTTP 404' })
    const dueAt = clock.now() + MINUTE_MS
    put('d', { outcome: 'retry', reason: 'HTTP 503', tries: 2, failures: 2, dueAt })
    put('e', { outcome: 'retry', reason: 'no Secret', tries: 0, failures: 1, why: 'configuration' })
    put('f', { outcome: 'failed', test: {} })
    const { hours, clusters, failing } = await shown()
    const totals = new Map<string, number>()
    for (const { outcomes } of hours) {
      for (const [name, count] of Object.entries(outcomes)) {
        totals.set(name, (totals.get(name) ?? 0) + Number(count))
      }
    }
    expect(Object.fromEntries(totals)).toEqual({ delivered: 2, dead: 1, retry: 2 })
    expect(clusters.map(({ name }) => name)).toEqual(['local'])
    expect(failing).toMatchObject([
      { cluster: 'local', failures: 2, waiting: 1, error: 'HTTP 503' },
    ])
  })

  it('shows for a minute what it read, and then reads anew', async () => {
    const { clock, put, shown } = await openStack()
    put('a', { outcome: 'delivered' })
    const delivered = async () =>
      (await shown()).hours.reduce((sum, { outcomes }) => sum + (outcomes.delivered ?? 0), 0)
    expect(await delivered()).toBe(1)
    put('b', { outcome: 'delivered' })
    expect(await delivered()).toBe(1)
    clock.advance(MINUTE_MS)
    expect(await delivered()).toBe(2)
  })

  it('reads anew on a machine that was asleep', async () => {
    const { clock, put, shown } = await openStack()
    await shown()
    put('a', { outcome: 'delivered' })
    clock.setBy(MINUTE_MS)
    expect(JSON.stringify((await shown()).hours)).toMatch(/"delivered":1/)
  })

  it('lists the objects of a cluster with their outcomes', async () => {
    const { overview, put } = await openStack()
    put('a', { outcome: 'delivered' })
    put('b', { outcome: 'dead' })
    const { status, body } = await overview.listObjects('local', new URLSearchParams())
    expect(status).toBe(200)
    expect(JSON.stringify(JSON.parse(String(body)))).toMatch(/"delivered":1/)
  })
})
