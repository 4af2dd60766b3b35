import { describe, expect, it } from 'vitest'
import type { AcceptedEvent } from '../../../../relay/model/queue-messages.ts'
import { explainEvent } from '../../../../relay/pipeline/explain/explain.ts'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import { compileRoutingTable } from '../../../../relay/pipeline/routing-table.ts'
import { createActiveSilences } from '../../../../relay/pipeline/silences/active-silences.ts'
import { createSilence } from '../../../../relay/pipeline/silences/stored-silences.ts'
import { acceptedEvent, event } from '../../../support/delivery-records.ts'
import { memoryPorts } from '../../../support/memory-ports.ts'
import { alert, createHarness, provider } from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'

const CHAT = provider('chat', { type: 'slack', address: 'https://hooks.slack.com/services/x' })
const OPTIONS = { noCrossNamespaceRefs: false }

const about = (severity: string, reason: string): AcceptedEvent =>
  acceptedEvent({ event: { ...event('podinfo', reason), severity, reason } })
const FAILED = about('error', 'HealthCheckFailed')
const DONE = about('info', 'ReconciliationSucceeded')
const GOING = about('info', 'Progressing')

async function rules(annotations: Record<string, string>, spec: Record<string, unknown> = {}) {
  const set = [CHAT, annotated(alert('a', 'chat', spec), annotations)]
  const snapshot = await reconcile('local', set, 0, memoryPorts().secrets)
  return { set, snapshot, table: compileRoutingTable(snapshot) }
}

describe('explaining rules that have a memory, without it', () => {
  it.each<[Record<string, string>, AcceptedEvent, string]>([
    [
      { only: 'failures' },
      FAILED,
      'it is told unless the failure was told at its revision (only: failures)',
    ],
    [{ only: 'failures' }, DONE, 'it is told if it ends a failure that was told (only: failures)'],
    [
      { only: 'changes' },
      DONE,
      'it is told if it ends a failure that was told, or is at another revision than the last success (only: changes)',
    ],
    [{ after: '3 times' }, FAILED, 'it is told from event 3 of the failure on (after: 3 times)'],
    [{ after: '10m' }, FAILED, 'it is held back, and told if the failure lasts (after: 10m)'],
    [{ after: '10m' }, DONE, 'it is told unless it ends a failure that was not (after: 10m)'],
    [{ remind: '4h' }, FAILED, 'it is told again while the failure lasts (remind: 4h)'],
    [{ when: 'size(last) == 0' }, DONE, 'what was last told is not known here, so last is empty'],
  ])('%j says what it depends on', async (annotations, accepted, note) => {
    const [verdict] = await explainEvent(memoryPorts(), await rules(annotations), accepted, OPTIONS)
    expect(verdict).toMatchObject({ outcome: 'delivered', notes: [note] })
    expect(verdict?.requests).toHaveLength(1)
  })

  it('says what is certain all the same', async () => {
    const progress = await explainEvent(
      memoryPorts(),
      await rules({ only: 'failures' }),
      GOING,
      OPTIONS,
    )
    expect(progress).toMatchObject([{ outcome: 'skipped', rule: 'only', requests: [] }])
    const errorsOnly = await rules({ after: '10m' }, { eventSeverity: 'error' })
    const success = await explainEvent(memoryPorts(), errorsOnly, DONE, OPTIONS)
    expect(success).toMatchObject([{ outcome: 'skipped', rule: 'severity' }])
  })
})

describe('explaining rules that have a memory, with it', () => {
  /** What was reported before; `unheard` while the Alert is suspended. `match`: what a silence is for meanwhile. */
  async function told(
    annotations: Record<string, string>,
    severities: readonly string[],
    match = 'false',
  ) {
    const harness = createHarness()
    const silence = { match, reason: 'known', endsAt: harness.clock.now() + 3_600_000 }
    await createSilence(harness.ports, 'local', silence)
    const silences = await createActiveSilences(harness.ports).of('local')
    const { set, snapshot, table } = await rules(annotations)
    const suspended = await rules(annotations, { suspend: true })
    const { involvedObject, metadata } = event()
    for (const said of severities) {
      const [severity = '', unheard] = said.split(' ')
      await harness.configure(...(unheard ? suspended : { set }).set)
      harness.clock.advance(6_000)
      const reason = severity === 'error' ? 'BuildFailed' : 'ReconciliationSucceeded'
      const message = `${reason} ${harness.clock.now()}`
      const timestamp = new Date(harness.clock.now()).toISOString()
      await harness.sendJson({ involvedObject, severity, reason, message, metadata, timestamp })
      await harness.drain()
      harness.clock.advance(1_000)
    }
    await harness.configure(...set)
    return async (accepted: AcceptedEvent) => {
      const { ports } = harness
      const before = await ports.ledger.list({}, 10)
      const verdicts = await explainEvent(
        { ...ports, told: ports },
        { snapshot, table },
        accepted,
        { ...OPTIONS, silences },
      )
      expect(await ports.ledger.list({}, 10)).toEqual(before)
      return verdicts[0]
    }
  }

  it('tells what only would do now', async () => {
    const ask = await told({ only: 'failures' }, ['error'])
    expect(await ask(FAILED)).toMatchObject({
      outcome: 'skipped',
      rule: 'only',
      reason: expect.stringMatching(/^the failure at main@sha1:3f2c9a1 was told by delivery/),
    })
    expect(await ask(DONE)).toMatchObject({ outcome: 'delivered', notes: [] })
    expect(await (await told({ only: 'failures' }, ['error', 'info']))(DONE)).toMatchObject({
      outcome: 'skipped',
      rule: 'only',
    })
  })

  it('counts a failure as ended whose end came while the Alert was suspended', async () => {
    const ask = await told({ only: 'failures' }, ['error', 'info unheard'])
    expect(await ask(FAILED)).toMatchObject({ outcome: 'delivered' })
  })

  it('counts nothing as told that a silence holds back', async () => {
    const ask = await told({ only: 'failures' }, ['error'], "event.reason == 'BuildFailed'")
    expect(await ask(FAILED)).toMatchObject({ outcome: 'delivered', notes: [] })
    expect(await ask(about('error', 'BuildFailed'))).toMatchObject({ outcome: 'skipped' })
    expect(await ask(DONE)).toMatchObject({
      outcome: 'skipped',
      reason: 'recovered from a failure that was not told',
    })
  })

  it('tells what after would do now', async () => {
    expect(await (await told({ after: '3 times' }, ['error']))(FAILED)).toMatchObject({
      outcome: 'skipped',
      rule: 'after',
      reason: 'failure 2 of 3 (after: 3 times)',
    })
    expect(await (await told({ after: '10m' }, []))(FAILED)).toMatchObject({
      outcome: 'held',
      rule: 'after',
      requests: [{}],
    })
  })

  it('lets conditions see what was last told', async () => {
    const ask = await told({ when: "last[?'severity'].orValue('') != 'error'" }, ['error'])
    expect(await ask(FAILED)).toMatchObject({ outcome: 'skipped', rule: 'when' })
  })

  it('says what it depends on where the memory may not be read, and else rejects', async () => {
    const ports = memoryPorts()
    ports.state.failure = new Error('AccessDenied')
    const asked = await rules({ only: 'failures' })
    const ask = (mayLackRights: boolean) =>
      explainEvent({ ...ports, told: ports }, asked, FAILED, { ...OPTIONS, mayLackRights })
    await expect(ask(false)).rejects.toThrow('AccessDenied')
    expect(await ask(true)).toMatchObject([
      {
        outcome: 'delivered',
        notes: [
          'it is told unless the failure was told at its revision (only: failures)',
          'what was told before cannot be read: Error: AccessDenied',
        ],
      },
    ])
  })
})
