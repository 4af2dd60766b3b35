import { describe, expect, it } from 'vitest'
import { fixtureJson } from '../../support/notifications.ts'
import { alert, createHarness, type Harness, provider } from '../../support/relay-harness.ts'
import { annotated } from './rules/annotated.ts'

const SLACK = { type: 'slack', address: 'https://hooks.slack.com/services/x' }
const OTHERS = { eventSources: [{ kind: 'Kustomization', name: 'another' }] }

/** The ids of the records that are read with their events from now on. */
function readWhole({ ports: { ledger } }: Harness): readonly string[] {
  const read: string[] = []
  const readMany = ledger.readMany.bind(ledger)
  const counting: typeof ledger.readMany = (ids, options = {}) => {
    if (!options.withoutEvents) read.push(...ids)
    return readMany(ids, options)
  }
  ledger.readMany = counting
  return read
}

async function send(harness: Harness, name: string, changes: object = {}): Promise<void> {
  const event = fixtureJson('kustomization-finished')
  const involvedObject = { ...Object(event.involvedObject), name }
  const timestamp = new Date(harness.clock.now()).toISOString()
  await harness.sendJson({ ...event, timestamp, involvedObject, ...changes })
  harness.clock.advance(1_000)
  await harness.drain()
}

// Events may be megabytes, and many small ones may ask at once what became of large ones.
describe('what became of other events is asked without reading these', () => {
  it('by one that may repeat them', async () => {
    const harness = createHarness()
    await harness.configure(provider('p', SLACK), alert('a', 'p', OTHERS))
    for (const value of ['1', '2', '3']) await send(harness, 'apps', { metadata: { value } })
    const earlier = (await harness.records()).map(({ id }) => id)
    const read = readWhole(harness)
    await send(harness, 'apps', { metadata: { value: '4' } })
    expect(await harness.records()).toHaveLength(earlier.length + 1)
    expect(read.filter((id) => earlier.includes(id))).toEqual([])
  })

  it('by those that another one tells of in the message of their group', async () => {
    const harness = createHarness()
    const rules = { 'group-by': "'all'", 'group-wait': '30s' }
    await harness.configure(provider('p', SLACK), annotated(alert('a', 'p'), rules))
    for (const name of ['first', 'second', 'third']) await send(harness, name)
    const records = await harness.records()
    const [leader = ''] = records.flatMap(({ id, toldIn }) => (toldIn === id ? [id] : []))
    const read = readWhole(harness)
    while (await harness.drainNext());
    expect(harness.requests).toHaveLength(1)
    // It wakes twice: those that came after it have moved the time of the message.
    expect(read.filter((id) => id === leader)).toHaveLength(2)
  })
})
