import { spawn } from 'node:child_process'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { LedgerRecord } from '../../relay/model/delivery.ts'
import { type CommandTarget, commandTargets } from '../support/command-targets.ts'
import {
  deliveryRecord,
  event,
  eventRecord,
  type RecordChanges,
} from '../support/delivery-records.ts'
import { startRelay } from '../support/embedded-server.ts'
import { fluxRelay, fluxRelayProcess } from '../support/flux-relay-command.ts'
import { START } from '../support/manual-clock.ts'
import { PROGRAM } from '../support/relay-process.ts'
import { waitFor } from '../support/wait-for.ts'

const NOW = Date.now() - 60_000

/** After the first of the events, and before the others. */
const BETWEEN = new Date(NOW + 500).toISOString()

/** A delivery of an event to an Alert of this name. */
function delivery(eventId: string, alert: string, seconds: number, changes: RecordChanges = {}) {
  const at = NOW + seconds * 1_000
  return deliveryRecord({
    ...{ id: `${eventId}-${alert}`, eventId, cluster: 'prod' },
    alert: { namespace: 'flux-system', name: alert, uid: alert },
    ...{ acceptedAt: at, createdAt: at, updatedAt: at },
    ...changes,
  })
}

const FAILED = {
  ...event('shop', 'Health check FAILED'),
  severity: 'error',
  reason: 'HealthCheckFailed',
}

const RECORDS: readonly LedgerRecord[] = [
  delivery('aaaaaaaaaaaaaaaa', 'on-call', 2, { event: FAILED }),
  delivery('aaaaaaaaaaaaaaaa', 'team', 2, {
    event: FAILED,
    outcome: 'dead',
    reason: 'no such channel',
  }),
  delivery('aaaaaaaaaaaaaaaa', 'status', 2, { event: FAILED }),
  eventRecord({
    ...{ id: 'none', eventId: 'bbbbbbbbbbbbbbbb', cluster: 'prod', event: event('apps') },
    ...{ outcome: 'skipped', reason: 'no Alert takes it' },
    ...{ acceptedAt: NOW + 1_000, createdAt: NOW + 1_000, updatedAt: NOW + 1_000 },
  }),
  delivery('cccccccccccccccc', 'on-call', 0, { outcome: 'retry' }),
]

async function fill({ ports }: Pick<CommandTarget, 'ports'>, records = RECORDS) {
  await ports.ledger.writeMany(records.map((record) => ({ record, expected: 'absent' as const })))
}

describe.each(commandTargets())('flux-relay get events %s', (_, open) => {
  const filled = async () => {
    const target = await open()
    await fill(target)
    const list = (...more: readonly string[]) =>
      target.run(['get', 'events', '--cluster', 'prod', ...more])
    return { target, list }
  }

  it('shows each event once, the latest first, with what became of it', async () => {
    const { list } = await filled()
    const { code, stdout, stderr } = await list()
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.trimEnd().split('\n')
    expect(lines.every((line) => line.length <= 160)).toBe(true)
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['ID', 'TIME', 'CLUSTER', 'OBJECT', 'SEVERITY', 'REASON', 'OUTCOMES', 'MESSAGE'],
      [
        ...[
          'aaaaaaaaaaaa',
          expect.stringMatching(/^2\S+Z$/),
          'prod',
          expect.stringMatching(/system\/shop$/),
        ],
        ...['error', 'HealthCheckFailed', '2 delivered, 1 dead', 'Health check FAILED'],
      ],
      expect.arrayContaining(['bbbbbbbbbbbb', 'skipped for all']),
      expect.arrayContaining(['cccccccccccc', '1 retry']),
    ])
  })

  it.each([
    [['--severity', 'error'], ['a']],
    [
      ['--reason', 'reconciliationsucceeded'],
      ['b', 'c'],
    ],
    [['--text', 'check failed'], ['a']],
    // Of an event, it is a part of its message alone.
    [['--text', 'no such channel'], []],
    [['--object', 'Kustomization/flux-system/apps'], ['b']],
    [['--event', 'cccccc'], ['c']],
    [['--limit', '1'], ['a']],
    [
      ['--since', BETWEEN],
      ['a', 'b'],
    ],
    [['--until', BETWEEN], ['c']],
  ])('of those that fit %j', async (flags, expected) => {
    const { list } = await filled()
    const { stdout } = await list(...flags, '-o', 'json')
    const shown = JSON.parse(stdout) as ReadonlyArray<{ readonly id: string }>
    expect(shown.map(({ id }) => id[0])).toEqual(expected)
  })

  it('does not say that no Alert took an event that was matched later', async () => {
    const target = await open()
    const eventId = 'eeeeeeeeeeeeeeee'
    const later = eventRecord({
      ...{ id: 'later', eventId, cluster: 'prod', event: event('apps') },
      ...{ outcome: 'skipped', reason: 'matched later: see the deliveries of flux-system/on-call' },
      ...{ acceptedAt: NOW, createdAt: NOW, updatedAt: NOW },
    })
    await fill(target, [later, delivery(eventId, 'on-call', 0), delivery(eventId, 'team', 0)])
    const { stdout } = await target.run(['get', 'events', '--cluster', 'prod'])
    expect(stdout).toMatch(/ 2 delivered {2,}/)
  })

  it('has all of an event when its records are on two pages', async () => {
    const target = await open()
    const many = Array.from({ length: 250 }, (_, index) =>
      delivery('dddddddddddddddd', `alert-${index}`, 0),
    )
    await fill(target, [...many, ...RECORDS])
    const { stdout } = await target.run([
      'get',
      'events',
      '--cluster',
      'prod',
      '--event',
      'dddd',
      '-o',
      'wide',
    ])
    expect(stdout).toMatch(/\ndddddddddddddddd .* {3}250 delivered {3}/)
  })

  it('says that there is none', async () => {
    const { list } = await filled()
    const none = await list('--reason', 'Other')
    expect([none.code, none.stdout, none.stderr]).toEqual([0, '', 'No events found.\n'])
    const missing = await list('--event', 'eeee')
    expect([missing.code, missing.stdout]).toEqual([1, ''])
    expect(missing.stderr).toBe('flux-relay: there is no event eeee\n')
  })
})

describe('flux-relay get events', () => {
  it('leads to describe event by the ids that it shows', async () => {
    const { ports, server } = await startRelay()
    await fill({ ports })
    const relay = ['--relay', `http://127.0.0.1:${server.port}`]
    const { stdout } = await fluxRelayProcess(['get', 'event', '--severity', 'error', ...relay])
    const [id = ''] = stdout.split('\n')[1]?.split(' ') ?? []
    const described = await fluxRelay(['describe', 'event', id, ...relay])
    expect(described.code).toBe(0)
    expect(described.stdout).toContain('Health check FAILED')
  })

  it('says that records cannot be read, whose events may be missing', async () => {
    const { ports, server } = await startRelay()
    const about = { cluster: 'prod', object: 'Kustomization/apps/shop', acceptedAt: NOW }
    const lost = { kind: 'unreadable', id: 'd', ...about, outcome: 'dead', reason: 'x' } as const
    ports.ledger.list = async () => ({ records: [RECORDS[0] ?? lost, lost] })
    const list = ['get', 'events', '--relay', `http://127.0.0.1:${server.port}`]
    const { code, stdout, stderr } = await fluxRelay([...list, '-o', 'json'])
    expect([code, JSON.parse(stdout)]).toEqual([0, [expect.objectContaining({ cluster: 'prod' })]])
    expect(stderr).toMatch(/^1 record cannot be read, so events or outcomes may be miss/)
    ports.ledger.list = async () => ({ records: [lost, lost] })
    const missing = await fluxRelay([...list, '--event', 'eeee'])
    expect(missing.code).toBe(1)
    expect(missing.stderr).toContain('2 records cannot be read')
  })

  it('takes YAML, and refuses what it has not', async () => {
    const { ports, server } = await startRelay()
    await fill({ ports })
    const relay = ['--relay', `http://127.0.0.1:${server.port}`]
    const { stdout } = await fluxRelay(['get', 'events', '-o', 'yaml', '--event', 'a', ...relay])
    expect(stdout).toMatch(/^- id: aaaaaaaaaaaaaaaa\n/)
    for (const flags of [
      ['--severity', 'bad'],
      ['--since', 'soon'],
      ['--outcome', 'dead'],
    ]) {
      const { code, stdout: out, stderr } = await fluxRelay(['get', 'events', ...flags, ...relay])
      expect([code, out]).toEqual([2, ''])
      expect(stderr).toContain(flags[0])
    }
  })

  it('goes on with those that come, and of which more becomes', async () => {
    const { ports, server } = await startRelay()
    ports.ledger.put(
      ...RECORDS.slice(0, 3),
      delivery('old', 'first', -50),
      delivery('old', 'team', -50),
    )
    const url = `http://127.0.0.1:${server.port}`
    const args = [PROGRAM, 'get', 'events', '-w', '--limit', '1', '--relay', url]
    const child = spawn(process.execPath, args, {
      env: { ...process.env, FLUX_RELAY_CONFIG: '/dev/null' },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    onTestFinished(() => void child.kill())
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += String(chunk)
    })
    const shown = () =>
      said
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => line.split(/ {2,}/))
        .map((cells) => [cells[0], cells[6]])
    const first = ['aaaaaaaaaaaa', '2 delivered, 1 dead']
    await waitFor(() => expect(shown()).toEqual([first]))
    ports.ledger.put(delivery('new', 'on-call', 5, { outcome: 'retry' }))
    await waitFor(() => expect(shown()).toEqual([first, ['new', '1 retry']]))
    // Of one that is older than the list, the rest is asked for.
    ports.ledger.put(
      delivery('new', 'on-call', 5, { updatedAt: START + 1 }),
      delivery('old', 'third', -50, { outcome: 'dead' }),
    )
    const now = [
      ['new', '1 delivered'],
      ['old', '2 delivered, 1 dead'],
    ]
    await waitFor(() => expect(shown().slice(2)).toEqual(now))
  })
})
