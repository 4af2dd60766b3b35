import { describe, expect, it } from 'vitest'
import type { ConfigSnapshot } from '../../relay/model/config.ts'
import { commandTargets } from '../support/command-targets.ts'
import { deliveryRecord, event } from '../support/delivery-records.ts'
import { startRelay } from '../support/embedded-server.ts'
import { fluxRelay, fluxRelayProcess } from '../support/flux-relay-command.ts'

const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3'
const ready = { ready: true, reason: 'Succeeded', message: 'Initialized' }
const metadata = { namespace: 'flux-system', creationTimestamp: '2020-01-01T00:00:00Z' }

const CONFIG: ConfigSnapshot = {
  cluster: 'prod',
  revision: 'r1',
  takenAt: 1_000,
  manifests: [
    {
      apiVersion,
      kind: 'Alert',
      metadata: { ...metadata, name: 'on-call' },
      spec: { providerRef: { name: 'slack' }, suspend: true, eventSources: [{ kind: 'Pod' }] },
    },
    {
      apiVersion,
      kind: 'Provider',
      metadata: {
        ...{ ...metadata, name: 'slack' },
        annotations: {
          team: 'web',
          'kubectl.kubernetes.io/last-applied-configuration': '{"address":"hunter2"}',
        },
      },
      spec: {
        ...{ type: 'slack', address: 'https://hooks.example/hunter2', channel: 'alerts' },
        // A field that no CRD has.
        token: 'hunter2',
      },
    },
  ],
  objects: [
    { kind: 'Alert', namespace: 'flux-system', name: 'on-call', ...ready },
    { kind: 'Provider', namespace: 'flux-system', name: 'slack', ...ready },
  ],
}

const ATTEMPT = {
  attempt: 1,
  startedAt: Date.UTC(2026, 10, 20, 9, 14),
  durationMs: 250.4,
  outcome: 'dead',
  reason: 'slack answered 404',
  status: 404,
  responseExcerpt: 'no_\u001b[2Jchannel',
} as const

function dead(id: string) {
  return deliveryRecord({
    ...{ id, cluster: 'prod', outcome: 'dead', reason: 'slack answered 404' },
    event: event('podinfo', 'first line\nsecond \u001b[2Jline'),
    acceptedAt: Date.now() - 61_000,
    objectLabels: { team: 'web' },
    notes: ['the text was cut'],
    attempts: [ATTEMPT],
    toldIn: '9d0c',
    replayedAt: [Date.UTC(2026, 10, 20, 9, 13), Date.UTC(2026, 10, 20, 9, 14)],
    replayedBy: [{ at: Date.UTC(2026, 10, 20, 9, 14), by: 'ann' }],
  })
}

describe.each(commandTargets())('flux-relay describe %s', (_, open) => {
  it('shows a delivery whole, by the beginning of its id', async () => {
    const target = await open()
    const record = dead('3f2c9a17d5e0aa')
    await target.ports.ledger.writeMany([{ record, expected: 'absent' }])
    const shown = await target.run(['describe', 'delivery', '3f2c', '--cluster', 'prod'])
    expect([shown.code, shown.stderr]).toEqual([0, ''])
    expect(shown.stdout.split('\n')).toEqual([
      'Delivery:   3f2c9a17d5e0aa',
      'Event:      event-1',
      'Cluster:    prod',
      'Object:     Kustomization/flux-system/podinfo',
      'Severity:   info',
      'Reason:     ReconciliationSucceeded',
      'Alert:      flux-system/on-call',
      'Provider:   flux-system/slack (slack)',
      'Outcome:    dead',
      'Why:        slack answered 404',
      expect.stringMatching(/^Accepted: {3}20\d\d-.*Z \(1m ago\)$/),
      'Tries:      1',
      'Told in:    the message of delivery 9d0c',
      'Replayed:   2026-11-20T09:13:00.000Z, 2026-11-20T09:14:00.000Z by ann',
      '',
      'Message:',
      '  first line',
      '  second  [2Jline',
      '',
      'Metadata:',
      '  kustomize.toolkit.fluxcd.io/revision:   main@sha1:3f2c9a1',
      '',
      'Labels of the object:',
      '  team:   web',
      '',
      'Notes:',
      '  the text was cut',
      '',
      'Latest tries:',
      '  TRY   TIME                       TOOK     OUTCOME   STATUS   WHY                  ANSWER',
      '  1     2026-11-20T09:14:00.000Z   250 ms   dead      404      slack answered 404   no_ [2Jchannel',
      '',
    ])
    const missing = await target.run(['describe', 'delivery', 'nosuch', '--cluster', 'prod'])
    expect(missing).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: 'flux-relay: there is no delivery nosuch of prod\n',
    })
  })

  it('shows an Alert and a Provider with their latest deliveries, and no address', async () => {
    const target = await open()
    await target.ports.configs.replace(CONFIG)
    await target.ports.ledger.writeMany([{ record: dead('3f2c9a17d5e0aa'), expected: 'absent' }])
    const describeIt = (...args: readonly string[]) =>
      target.run(['describe', ...args, '--cluster', 'prod'])
    const alert = await describeIt('alert', 'on-call')
    const provider = await describeIt('provider', 'slack')
    expect([alert.code, alert.stderr, provider.code, provider.stderr]).toEqual([0, '', 0, ''])
    expect(alert.stdout).toMatch(
      /^Alert: {7}on-call\nNamespace: {3}flux-system\nCluster: {5}prod\n/,
    )
    expect(alert.stdout).toMatch(/^Suspended: {3}True\nReady: {7}True\nReason: {6}Succeeded\n/m)
    expect(alert.stdout).toMatch(/^Age: {9}\d+d$/m)
    expect(alert.stdout).toContain('\nSpec:\n  providerRef:\n    name: slack\n  suspend: true\n')
    expect(provider.stdout).toContain(
      '\nSpec:\n  type: slack\n  address: "***"\n  channel: alerts\n  token: "***"\n',
    )
    expect(provider.stdout).toContain('\nAnnotations:\n  team: web\n')
    for (const { stdout } of [alert, provider]) {
      expect(stdout).toMatch(/\nLatest deliveries:\n {2}ID .* WHY\n {2}3f2c9a17d5e0 /)
      expect(stdout).not.toContain('hunter2')
    }
    expect(await describeIt('alert', 'flux-system/on-call', '-n', 'apps')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Alert: {7}on-call\nNamespace: {3}flux-system\n/),
    })
    const missing = await describeIt('alert', 'apps/on-call')
    expect(await describeIt('alert', 'on-call', '-n', 'apps')).toEqual(missing)
    expect(missing.stderr).toBe('flux-relay: there is no Alert apps/on-call of prod\n')
    expect([missing.code, missing.stdout]).toEqual([1, ''])
  })
})

describe('flux-relay describe', () => {
  it('shows an event, and what became of it for every Alert', async () => {
    const { ports, server } = await startRelay()
    ports.ledger.put(dead('3f2c9a17d5e0aa'))
    const relay = ['--relay', `http://127.0.0.1:${server.port}`]
    const shown = await fluxRelayProcess(['describe', 'event', 'event-', ...relay])
    expect([shown.code, shown.stderr]).toEqual([0, ''])
    expect(shown.stdout).toMatch(
      /^Object: {7}Kustomization\/flux-system\/podinfo\nSeverity: {5}info\n/,
    )
    expect(shown.stdout).toContain('\nMessage:\n  first line\n  second  [2Jline\n')
    expect(shown.stdout).toContain('\nevent event-1 of cluster prod, accepted at ')
    expect(shown.stdout).toMatch(
      /^flux-system\/on-call .* dead .* 3f2c9a17d5e0 .* slack answered 404$/m,
    )
    const missing = await fluxRelay(['describe', 'event', 'nosuch', ...relay])
    expect(missing).toMatchObject({ code: 1, stdout: '' })
    expect(missing.stderr).toBe('flux-relay: there is no record of an event nosuch, or no longer\n')
  })
})
