import { expect, it } from 'vitest'
import { startSink } from '../../support/recording-sink.ts'
import { eventually } from '../../support/served.ts'
import {
  arrivals,
  expectAllInOrder,
  numberedEvent,
  startRelayFor,
} from '../../support/shipped-events.ts'
import { CLUSTER, startShipper } from '../../support/shipper-process.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { waitFor } from '../../support/wait-for.ts'

/** More of them: `FLUX_RELAY_SHIPPER_KILLS=100 npm test -- test/hosts/shipper/kill.test.ts`. */
const KILLS = Number(process.env.FLUX_RELAY_SHIPPER_KILLS ?? 2)

const TAKEN = { status: 202, body: '{"accepted":1,"rejected":[]}' }

/** Senders at once. Each posts events of one object, and the next only when the last was taken. */
const SENDERS = 4

it(
  'loses nothing that it took, however often it is killed, and the sink gets nothing twice',
  async () => {
    const sink = await startSink({ 'POST /hook': { status: 200 } })
    const relay = await startRelayFor(sink, 0)
    const data = temporaryDirectory()
    const taken: number[] = []
    const posted = new Set<number>()
    const next = Array.from({ length: SENDERS }, (_, object) => object)
    for (let kill = 0; kill < KILLS; kill += 1) {
      const shipper = await startShipper({ relay: relay.url, data })
      const killed = afterRandomly(async () => {
        // Where little is done in the time, the last of them waits for enough to judge by.
        if (kill === KILLS - 1) await waitFor(() => expect(taken.length).toBeGreaterThan(KILLS))
        await shipper.end('SIGKILL')
      })
      await Promise.all(
        next.map(async (_, object) => {
          for (;;) {
            const index = next[object] ?? 0
            posted.add(index)
            const status = await statusOf(shipper.post(numberedEvent(index)))
            if (status === undefined) return
            expect(status).toBe(202)
            taken.push(index)
            next[object] = index + SENDERS
          }
        }),
      )
      await killed
      // As the next event: nobody knows whether the one without an answer was kept.
      next.forEach((index, object) => {
        next[object] = index + SENDERS
      })
    }
    const last = await startShipper({ relay: relay.url, data })
    await eventually(async () => expect(await last.metric('spool_events')).toBe(0))
    await eventually(async () => expect(await relay.metric('flux_relay_queue_depth')).toBe(0))

    const arrived = new Set(arrivals(sink))
    expect(taken.filter((index) => !arrived.has(index))).toEqual([])
    expect([...arrived].filter((index) => !posted.has(index))).toEqual([])
    expectAllInOrder(sink, [...arrived])
    expect(taken.length).toBeGreaterThan(KILLS)
  },
  90_000 + KILLS * 3_000,
)

it('sends the batch again that was in flight when it was killed', async () => {
  const sink = await startSink({
    [`POST /v1/clusters/${CLUSTER}/events`]: (_, earlier) =>
      earlier === 0 ? new Promise<never>(() => undefined) : TAKEN,
  })
  const data = temporaryDirectory()
  const first = await startShipper({ relay: sink.url, data })
  expect((await first.post(numberedEvent(1))).status).toBe(202)
  await eventually(() => expect(sink.requests).toHaveLength(1))
  await first.end('SIGKILL')

  const second = await startShipper({ relay: sink.url, data })
  await eventually(async () => expect(await second.metric('sent_total')).toBe(1))
  const [one, again] = sink.requests
  expect([sink.requests.length, again?.body]).toEqual([2, one?.body])
})

/** At a random moment under load, from the first requests to several batches later. */
async function afterRandomly(act: () => Promise<unknown>): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 400))
  await act()
}

/** Undefined when there was no answer. */
async function statusOf(answer: Promise<Response>): Promise<number | undefined> {
  try {
    return (await answer).status
  } catch {
    return undefined
  }
}
