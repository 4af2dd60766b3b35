import { lastDay, type OutcomeCount } from '../../relay/model/outcome-count.ts'
import { outcomeCount } from '../contract/outcome-counts-contract.ts'
import { startConsole } from '../support/console.ts'
import { ordinaryRecords } from './seed.ts'

const HOUR_MS = 3_600_000

/** A console with something wrong in each part of the overview. */
export async function troubledConsole() {
  const now = Date.now()
  const of = {
    cluster: 'prod-eu-1',
    configuredAt: now - 60_000,
    notReady: 1,
    tokens: 2,
    newestTokenAt: now - 3 * 24 * HOUR_MS,
  }
  const started = await startConsole(undefined, {
    clusters: [
      { ...of, lastEventAt: now - 5_000, heardAt: now - 2 * HOUR_MS, shipper: '0.4.1' },
      { cluster: 'staging', observed: true, spool: { events: 1_204, toldAt: now - 3_000 } },
    ],
    strangers: [{ cause: 'unauthorized', count: 3, lastAt: now, address: '192.0.2.7' }],
    failing: [
      {
        ...{
          key: 'prod-eu-1#uid-1#h',
          cluster: 'prod-eu-1',
          providerUid: 'uid-1',
          host: 'hooks.test',
        },
        ...{ failures: 3, error: '503: busy', probeAt: now + 60_000 },
      },
    ],
    waiting: 17,
  })
  started.ports.clock.set(now)
  started.ports.ledger.put(...ordinaryRecords(now))
  const metadata = { namespace: 'apps', name: 'chat', uid: 'uid-1' }
  await started.ports.configs.replace({
    ...{ cluster: 'prod-eu-1', revision: 'r1', takenAt: now },
    manifests: [{ kind: 'Provider', metadata, spec: { type: 'slack', suspend: true } }],
    objects: [
      { kind: 'Provider', namespace: 'apps', name: 'chat', ready: true, reason: '', message: '' },
      {
        ...{ kind: 'Alert', namespace: 'apps', name: 'lost', ready: false },
        ...{ reason: 'ProviderNotFound', message: 'there is no Provider apps/nosuch' },
      },
    ],
  })
  await started.counts.add(lastDay(now).flatMap(countsOfHour))
  const chat = { kind: 'Provider', cluster: 'prod-eu-1', namespace: 'apps', name: 'chat' }
  const silence = { confirmed: 'yes', duration: '1h', reason: 'we move the database' }
  await started.post('/console/silence', { ...chat, ...silence })
  return started
}

/** What happens in an hour: more by day than by night, and something fails in two of them. */
function countsOfHour(hour: number, index: number): readonly OutcomeCount[] {
  const busy = 50 + Math.round(40 * Math.sin(index / 3.5))
  const isBad = index === 17 || index === 18
  const counts = {
    delivered: busy,
    suppressed: Math.round(busy / 3),
    skipped: Math.round(busy / 2),
    retry: isBad ? 14 : 2,
    dead: isBad ? 4 : 0,
  } as const
  return Object.entries(counts).flatMap(([outcome, count]) => {
    const of = { cluster: 'prod-eu-1', outcome: outcome as keyof typeof counts, count, hour }
    return count === 0 ? [] : [outcomeCount(of)]
  })
}
