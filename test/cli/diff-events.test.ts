import { describe, expect, it } from 'vitest'
import { readLedgerEvents } from '../../cli/diff/ledger-events.ts'
import type { EventsPage, ListedEvent } from '../../relay/api/schemas/event-list.ts'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { type CommandTarget, commandTargets } from '../support/command-targets.ts'
import { deliveryRecord, event, eventRecord } from '../support/delivery-records.ts'
import { startRelay } from '../support/embedded-server.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { alert, provider } from '../support/relay-harness.ts'
import { manifestsFolder, providerYaml } from '../support/relay-manifests.ts'

const NOW = Date.now() - 60_000
const named = (name: string) => ({ namespace: 'flux-system', name })

/** Providers as they are in Git, without their Secrets. */
const PROVIDERS = ['slack', 'pager']
  .map((name) => providerYaml(name, { type: 'slack' }).split('---\n')[1])
  .join('---\n')

const SOURCES = [{ kind: 'Kustomization', name: '*' }]

async function filled({ ports }: CommandTarget) {
  const ref = (name: string) => ({ type: 'slack', secretRef: { name } })
  const manifests = [
    provider('slack', ref('slack')),
    provider('pager', ref('pager')),
    alert('on-call', 'slack', { eventSources: SOURCES }),
    alert('moved', 'slack', { eventSources: SOURCES }),
    alert('quiet', 'slack', { eventSources: SOURCES, eventSeverity: 'error' }),
  ]
  await ports.configs.replace(await reconcile('prod', manifests, 0, ports.secrets))
  const record = (id: string, eventId: string, name: string, outcome: 'delivered' | 'skipped') => {
    const at = NOW + Number(eventId.slice(1))
    return deliveryRecord({
      ...{ id, eventId, cluster: 'prod', alert: { ...named(name), uid: name } },
      provider: { ...named('slack'), uid: 'p', type: 'slack' },
      ...{ acceptedAt: at, createdAt: at, updatedAt: at, outcome, reason: outcome },
      event: { ...event(eventId), severity: eventId === 'e2' ? 'error' : 'info' },
    })
  }
  const records = [
    record('r1', 'e1', 'on-call', 'delivered'),
    record('r2', 'e1', 'moved', 'delivered'),
    record('r3', 'e2', 'on-call', 'delivered'),
    record('r4', 'e2', 'moved', 'skipped'),
    eventRecord({
      ...{ id: 'r5', eventId: 'e3', cluster: 'prod', acceptedAt: NOW + 3, updatedAt: NOW + 3 },
      ...{ event: event('e3'), outcome: 'suppressed', reason: 'repeats the event e1' },
    }),
  ]
  await ports.ledger.writeMany(records.map((it) => ({ record: it, expected: 'absent' as const })))
}

describe.each(commandTargets())('flux-relay diff --since %s', (_, open) => {
  const folder = () =>
    manifestsFolder({
      'providers.yaml': PROVIDERS,
      // Takes errors only from now on.
      'on-call.yaml': alertYaml('on-call', 'error'),
      'moved.yaml': alertYaml('moved').replace('name: slack', 'name: pager'),
      // Takes all, and before only errors.
      'quiet.yaml': alertYaml('quiet'),
    })

  it('says which events would newly go where, and which no more', async () => {
    const target = await open()
    await filled(target)
    const args = ['diff', '-f', folder(), '--cluster', 'prod', '--since', '1h']
    const { code, stdout, stderr } = await target.run([...args, '-o', 'json'])
    expect([code, stderr]).toEqual([0, ''])
    const { events } = JSON.parse(stdout)
    expect(events).toMatchObject({ compared: 3, repeats: 1 })
    const counts = events.routes.map((it: Record<string, unknown>) =>
      [it.alert, it.provider, it.new, it.gone, it.same].join(' ').replaceAll('flux-system/', ''),
    )
    expect(counts).toEqual([
      // Both events, by whatever is recorded of the way to slack.
      'moved pager 2 0 0',
      'moved slack 0 1 0',
      'on-call slack 0 1 1',
      // The error it took by the rules in force, and there is no record: a repeat.
      'quiet slack 1 0 0',
    ])
    expect(events.routes[3].examples.new).toEqual([
      {
        time: new Date(NOW + 1).toISOString(),
        ...{ id: 'e1', object: 'Kustomization/flux-system/e1' },
        ...{ severity: 'info', reason: 'ReconciliationSucceeded' },
      },
    ])
    const github = await target.run([...args, '-o', 'github'])
    expect(github.stdout).toMatch(
      /^::notice file=\S+\/on-call\.yaml,line=1::Alert\/flux-system\/on-call: events of the ledger to Provider\/flux-system\/slack: 0 new, 1 gone, 1 the same$/m,
    )
    const text = await target.run(args)
    expect(text.stdout).toMatch(/^of 3 events of the ledger; without 1 repeat for all Alerts$/m)
    expect(text.stdout).toMatch(/^flux-system\/on-call +flux-system\/slack +0 +1 +1$/m)
    expect(text.stdout).toMatch(
      /^flux-system\/on-call -> flux-system\/slack\n.*\nGONE +\S+Z +e1 +Kustomization\/flux-system\/e1 +info +Rec\w+$/m,
    )
  })

  it.each([
    ['a time that is none', ['--since', 'yesterday']],
    ['files on both sides', ['--since', '1h', '--against', '.']],
  ])('is a usage error with %s', async (_case, flags) => {
    const { run } = await open()
    const args = flags.includes('--against') ? [] : ['--cluster', 'prod']
    const { code, stdout } = await run(['diff', '-f', '.', ...args, ...flags])
    expect([code, stdout]).toEqual([2, ''])
  })
})

it('warns of records that cannot be read', async () => {
  const { ports, server } = await startRelay()
  await ports.configs.replace(await reconcile('prod', [], 0, ports.secrets))
  const about = { cluster: 'prod', object: 'Kustomization/apps/shop', acceptedAt: NOW }
  const lost = { kind: 'unreadable', id: 'd', ...about, outcome: 'dead', reason: 'x' } as const
  ports.ledger.list = async () => ({ records: [lost] })
  const relay = ['--relay', `http://127.0.0.1:${server.port}`]
  const folder = manifestsFolder({ 'on-call.yaml': alertYaml('on-call') })
  const args = ['diff', '-f', folder, '--cluster', 'prod', '--since', '1h', ...relay]
  const { stderr } = await fluxRelay(args)
  expect(stderr).toMatch(/^1 record cannot be read, so events or outcomes may be missing/m)
})

describe('the events of a ledger', () => {
  const listed = (id: string, second: number, ...deliveries: readonly string[]): ListedEvent => ({
    ...{ id, cluster: 'prod', object: 'Kustomization/a/b', event: {} },
    acceptedAt: `2026-11-29T00:00:${String(second).padStart(2, '0')}.000Z`,
    outcomes: deliveries.map((delivery) => ({ delivery, outcome: 'delivered', reason: '' })),
  })
  const api = (pages: readonly (readonly ListedEvent[])[]) => ({
    async *eventPages(): AsyncIterable<EventsPage> {
      for (const [index, events] of pages.entries()) {
        yield { events: [...events], ...(index + 1 < pages.length && { nextCursor: 'next' }) }
      }
    },
  })
  const read = (pages: readonly (readonly ListedEvent[])[], mostEvents = 10, mostPages = 10) =>
    readLedgerEvents(api(pages), {}, { noCrossNamespaceRefs: false }, { mostEvents, mostPages })

  it('have their records of both pages', async () => {
    const { events, reachedTime } = await read([
      [listed('a', 9, '1'), listed('b', 8, '2')],
      [listed('b', 8, '2', '3'), listed('c', 7)],
    ])
    expect(events.map(({ id, outcomes }) => [id, outcomes.length])).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 0],
    ])
    expect(reachedTime).toBeUndefined()
  })

  it('say how many records cannot be read', async () => {
    const pages: readonly EventsPage[] = [
      { events: [listed('a', 9)], unreadable: 2, nextCursor: 'next' },
      { events: [], unreadable: 1 },
    ]
    const damaged = {
      async *eventPages() {
        yield* pages
      },
    }
    const rules = { noCrossNamespaceRefs: false }
    expect(await readLedgerEvents(damaged, {}, rules)).toMatchObject({ unreadable: 3 })
  })

  it.each([
    ['by their number', 2, 10],
    ['by the pages', 10, 1],
  ])('end %s before one whose records may go on', async (_, mostEvents, mostPages) => {
    const pages = [[listed('a', 9), listed('b', 8), listed('c', 7)], [listed('d', 6)]]
    const { events, reachedTime } = await read(pages, mostEvents, mostPages)
    expect(events.map(({ id }) => id)).toEqual(['a', 'b'])
    expect(reachedTime).toBe('2026-11-29T00:00:08.000Z')
  })
})
