import { expect, it, onTestFinished } from 'vitest'
import { createTurnGate, type TurnGate } from '../../../hosts/embedded/turn-gate.ts'
import { createWorker } from '../../../hosts/embedded/worker.ts'
import { fixtureJson } from '../../support/notifications.ts'
import { alert, createHarness, provider } from '../../support/relay-harness.ts'
import { waitFor } from '../../support/wait-for.ts'

const EVENTS = 500

/** The event, what is remembered of its object, its record, and that it left the queue. */
const ROWS_PER_EVENT = 4

it('writes no delivery of a burst to wait while its destination is idle', async () => {
  expect(await rowsOfBurst(createTurnGate())).toBeLessThanOrEqual(ROWS_PER_EVENT + 0.1)
})

it('would write many of them if all of the burst began in one turn', async () => {
  const gate = { begin: async () => undefined, heed: () => undefined }
  const rows = await rowsOfBurst({ ...gate, goOn: (work) => work() })
  expect(rows).toBeGreaterThan(ROWS_PER_EVENT + 0.1)
})

/** Rows changed for each event of a burst to a destination that answers at once. */
async function rowsOfBurst(gate: TurnGate): Promise<number> {
  const harness = createHarness({}, { pace: gate.goOn })
  await harness.configure(
    provider('hook', { type: 'generic', address: 'https://hook.test/' }),
    alert('all', 'hook'),
  )
  const before = await harness.rowsChanged()
  const event = fixtureJson('kustomization-finished')
  await Promise.all(
    Array.from({ length: EVENTS }, (_, index) => {
      const involvedObject = { ...Object(event.involvedObject), name: `app-${index}` }
      return harness.sendJson({ ...event, involvedObject })
    }),
  )
  const worker = createWorker({
    ...harness,
    gate,
    onFailure: (failure) => {
      throw failure
    },
    onSetAside: () => undefined,
  })
  onTestFinished(async () => {
    await worker.stop(0)
    await harness.close()
  })
  worker.start()
  await waitFor(async () => expect((await harness.queue.depth()).events).toBe(0))
  await waitFor(() => {
    const delivered = harness.decisions.filter(({ record }) => record.outcome === 'delivered')
    expect(delivered).toHaveLength(EVENTS)
  })
  return ((await harness.rowsChanged()) - before) / EVENTS
}
