import type { SQSRecord } from 'aws-lambda'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { awsRelay } from '../../support/aws-relay.ts'
import { contextWith } from '../../support/event-source-mapping.ts'
import {
  collectEvents,
  dispatch,
  drain,
  openFaultyRelay,
  post,
  pump,
  readLedger,
  received,
  shownBy,
  startContainer,
  stepEvent,
  TAKEN,
} from '../../support/faulty-relay.ts'
import { gate } from '../../support/recording-sink.ts'
import { waitFor } from '../../support/wait-for.ts'

const { open } = awsRelay()

function idsOf(records: readonly SQSRecord[]): readonly string[] {
  return records.map(({ messageId }) => messageId)
}

function times(shown: readonly string[], text: string): number {
  return shown.filter((one) => one === text).length
}

const LONG_INVOCATION = contextWith(1_000_000)

/** Until the test's end: the call ends the invocation of that length, which no timer does. */
function endOnDemand(): () => void {
  const { setTimeout: start } = globalThis
  let end: () => void = () => undefined
  const startOthers = (callback: (...args: unknown[]) => void, ms?: number, ...rest: unknown[]) => {
    if (ms === undefined || ms < 900_000) return start(() => callback(...rest), ms)
    end = callback
    return start(() => undefined)
  }
  const spy = vi.spyOn(globalThis, 'setTimeout').mockImplementation(startOthers as typeof start)
  onTestFinished(() => spy.mockRestore())
  return () => end()
}

describe('an invocation that runs out of time', () => {
  const EVENTS = [stepEvent('a', 1), stepEvent('b', 1), stepEvent('a', 2), stepEvent('b', 2)]

  /** One whose first request about `a step 2` hangs until `release`. */
  async function runOutOfTime(hanging: 'hooks' | 'statuses') {
    const { opened, open: release } = gate()
    const hung = new Set<string>()
    const faulty = await openFaultyRelay(open, async (request) => {
      const shown = shownBy(request)
      const hangs = shown.startsWith(hanging) && shown.includes('a step 2') && !hung.has(shown)
      hung.add(shown)
      if (hangs) await opened
      return TAKEN
    })
    await post(faulty.container, [...EVENTS, stepEvent('a', 3), stepEvent('c', 1)])
    const records = await collectEvents(faulty.poller)
    const end = endOnDemand()
    const invocation = dispatch(faulty.container, records, LONG_INVOCATION)
    await waitFor(() => expect(faulty.relay.decisions.length).toBe(9))
    end()
    const failed = await invocation
    return { ...faulty, records, failed, release }
  }

  it('returns what is not over with the rest of its group, and no other', async () => {
    const { relay, records, failed, release } = await runOutOfTime('hooks')
    const left = records.filter(({ body }) => /a step [23]/.test(body))
    expect(failed.toSorted()).toEqual(idsOf(left).toSorted())
    const ended = (await readLedger(relay)).map(
      ({ event, alert }) => `${event.message} ${alert?.name}`,
    )
    expect(ended.toSorted()).toEqual([
      'a step 1 hooks',
      'a step 1 statuses',
      'a step 2 statuses',
      'b step 1 hooks',
      'b step 1 statuses',
      'b step 2 hooks',
      'b step 2 statuses',
      'c step 1 hooks',
      'c step 1 statuses',
    ])
    release()
  })

  it('repeats only what was on its way, when the rest goes to another container', async () => {
    const { relay, sink, records, failed, release } = await runOutOfTime('hooks')
    const again = records.filter(({ messageId }) => failed.includes(messageId))
    expect(await dispatch(startContainer(relay), again)).toEqual([])
    release()
    // The first container thaws, and finds that another has written.
    await waitFor(() => expect(relay.decisions.length).toBe(12))
    const records12 = await readLedger(relay)
    expect(records12.map(({ outcome }) => outcome)).toEqual(Array(12).fill('delivered'))
    const shown = received(sink)
    expect(times(shown, 'hooks: a step 2')).toBe(2)
    expect(new Set(shown).size).toBe(12)
    expect(shown).toHaveLength(13)
    expect(shown.filter((one) => one.startsWith('statuses: success: a')).at(-1)).toContain('3')
  })

  it('repeats nothing that ended after all before it came again', async () => {
    const { relay, sink, container, records, failed, release } = await runOutOfTime('hooks')
    release()
    await waitFor(() => expect(relay.decisions.length).toBe(10))
    const again = records.filter(({ messageId }) => failed.includes(messageId))
    expect(await dispatch(container, again)).toEqual([])
    expect(sink.requests).toHaveLength(12)
    expect(await readLedger(relay)).toHaveLength(12)
  })

  it('sends nothing behind a status that may still land', async () => {
    const faulty = await runOutOfTime('statuses')
    const { relay, sink, records, failed, release } = faulty
    const other = startContainer(relay)
    await dispatch(
      other,
      records.filter(({ messageId }) => failed.includes(messageId)),
    )
    const ofA = () => received(sink).filter((one) => one.startsWith('statuses: success: a'))
    expect(ofA().map((one) => /\d/.exec(one)?.[0])).toEqual(['1', '2', '2'])
    release()
    await drain(faulty, other)
    expect(ofA().map((one) => /\d/.exec(one)?.[0])).toEqual(['1', '2', '2', '3'])
    const all = (await readLedger(relay)).map(({ outcome }) => outcome)
    expect(all).toEqual(Array(12).fill('delivered'))
  })

  it('starts nothing when little time is left', async () => {
    const faulty = await openFaultyRelay(open)
    await post(faulty.container, EVENTS)
    const late = await pump(faulty.poller, faulty.container, 'events', contextWith(19_000))
    // SQS may hand out a group together, and the answer goes by groups.
    expect(late.failed.toSorted()).toEqual(idsOf(late.records).toSorted())
    expect(faulty.sink.requests).toEqual([])
    await drain(faulty, faulty.container)
    expect(faulty.sink.requests).toHaveLength(8)
  })
})
