import { describe, expect, it } from 'vitest'
import { RULE_HOSTS, type RuleHost, type Told } from './rule-hosts.ts'

const MINUTE_MS = 60_000
const FAILED: Told = { severity: 'error', reason: 'HealthCheckFailed' }
const BUILD: Told = { severity: 'error', reason: 'BuildFailed' }
const DONE: Told = { reason: 'ReconciliationSucceeded' }
const GOING: Told = { reason: 'Progressing' }

/** Lets the next write of a decision fail, after all that came before it was done. */
function loseNextDecision({ ports }: RuleHost): void {
  const { ledger } = ports
  const writeMany = ledger.writeMany.bind(ledger)
  ledger.writeMany = async (writes) => {
    const isDecision = writes.some(({ record }) => record.kind === 'delivery' && !record.reminder)
    if (!isDecision) return writeMany(writes)
    ledger.writeMany = writeMany
    throw new Error('the power is off')
  }
}

async function outcomes(host: RuleHost) {
  const records = await host.records()
  return records.map(({ outcome, event }) => `${event.reason} ${outcome}`).toSorted()
}

/** What becomes of events: as it is, or with a crash after each of them. */
async function run(
  open: (typeof RULE_HOSTS)[number][1],
  annotations: Record<string, string>,
  events: readonly Told[],
  crashes: boolean,
) {
  const host = await open()
  await host.configure(annotations)
  for (const told of events) {
    if (crashes) {
      loseNextDecision(host)
      await host.report(told).catch(() => undefined)
      await host.restart()
      await host.pass(30_000)
    } else {
      await host.report(told)
      await host.pass(30_000)
    }
  }
  await host.pass(30 * MINUTE_MS)
  return outcomes(host)
}

describe.each(RULE_HOSTS)('on %s a crash before a decision is recorded', (_, open) => {
  it.each<[Record<string, string>, readonly Told[]]>([
    [{ only: 'failures' }, [FAILED, BUILD, DONE, DONE, FAILED]],
    [{ only: 'changes' }, [DONE, DONE, { ...DONE, revision: 'main@sha1:b' }, FAILED, DONE]],
    [{ after: '3 times' }, [FAILED, FAILED, FAILED, DONE, FAILED]],
    [{ after: '10m' }, [FAILED, FAILED, GOING]],
    [{ after: '10m' }, [FAILED, DONE, FAILED]],
    [{ after: '5m', only: 'failures', remind: '10m' }, [FAILED, BUILD, GOING]],
    [{ when: "last[?'reason'].orValue('') != event.reason" }, [GOING, GOING, DONE, DONE]],
  ])('%j decides the same of %j', async (annotations, events) => {
    const expected = await run(open, annotations, events, false)
    expect(expected.length).toBeGreaterThanOrEqual(events.length)
    expect(await run(open, annotations, events, true)).toEqual(expected)
  })
})
