import { describe, expect, it } from 'vitest'
import type { ConfigHistory } from '../../relay/ports/config-history.ts'
import { bearer, OPERATOR, PROD, startRelay, TOKENS } from '../support/embedded-server.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { START } from '../support/manual-clock.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  noAnswer,
  provider,
} from '../support/relay-harness.ts'

/** A relay whose notification does not come, and the command by which a person finds out why. */
interface Case {
  readonly spec?: Readonly<Record<string, unknown>>
  readonly provider?: Readonly<Record<string, unknown>>
  readonly destination?: ReturnType<typeof answer> | ReturnType<typeof noAnswer>
  /** Fields of the events that are sent, one after the other. */
  readonly events?: readonly Readonly<Record<string, unknown>>[]
  readonly command: 'explain' | 'get'
  readonly says: RegExp
}

const COMMIT = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const source = (changes: Readonly<Record<string, unknown>>) => ({
  eventSources: [{ kind: 'Kustomization', name: '*', ...changes }],
})
const GITHUB = {
  type: 'github',
  address: 'https://github.com/example/fleet-infra',
  secretRef: { name: 'github' },
  commitStatusExpr: "'all'",
}
const report = (seconds: number, severity = 'info') => ({
  severity,
  timestamp: new Date(START + seconds * 1_000).toISOString(),
  message: `report ${seconds}`,
  reason: severity === 'info' ? 'ReconciliationSucceeded' : 'ReconciliationFailed',
  metadata: { 'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${COMMIT}` },
})

const CASES: Readonly<Record<string, Case>> = {
  'the Alert is suspended': {
    spec: { suspend: true },
    command: 'explain',
    says: /skipped +[0-9a-f]{12} +Alert suspended$/m,
  },
  'its message is excluded': {
    spec: { exclusionList: ['finished'] },
    command: 'explain',
    says: /skipped +[0-9a-f]{12} +excluded by exclusionList\[0\] \/finished\/$/m,
  },
  'the Alert is for another namespace': {
    spec: source({ namespace: 'apps' }),
    command: 'explain',
    says: /skipped +rules +the Alert is for Kustomization in namespace apps, and not in flux-system$/m,
  },
  'the Alert wants a label': {
    spec: source({ matchLabels: { team: 'web' } }),
    command: 'explain',
    says: /skipped +rules +the Alert selects by matchLabels, and the sender did not send the labels/m,
  },
  'the Alert takes errors only': {
    spec: { eventSeverity: 'error' },
    command: 'explain',
    says: /skipped +rules +the Alert takes errors only, and this is severity info$/m,
  },
  'the Secret is missing': {
    provider: { type: 'slack', secretRef: { name: 'missing' } },
    command: 'get',
    says: /retry +\d+ +Secret flux-system\/missing is not known to the relay/m,
  },
  'the Provider is missing': {
    spec: { providerRef: { name: 'missing' } },
    command: 'get',
    says: /retry +\d+ +Provider flux-system\/missing does not exist or is not valid /m,
  },
  'the credential is not accepted': {
    destination: answer(401),
    command: 'get',
    says: /dead +\d+ +HTTP 401: the credential was not accepted\s/m,
  },
  'there is no such channel': {
    provider: { type: 'slack', secretRef: { name: 'there' } },
    destination: answer(404, {}, 'channel_not_found'),
    command: 'get',
    says: /dead +\d+ +HTTP 404.*channel_not_found/m,
  },
  'there is nothing at the address': {
    destination: answer(404),
    command: 'get',
    says: /dead +\d+ +HTTP 404/m,
  },
  'the destination is down': {
    destination: noAnswer(false),
    command: 'get',
    says: /retry +\d+ +\S/m,
  },
  'it is a repeat': {
    events: [{}, { timestamp: '2026-11-20T09:15:03Z' }],
    command: 'explain',
    says: /suppressed +[0-9a-f]{12} +repeats the event [0-9a-f]{12} of /m,
  },
  'the commit shows the same already': {
    provider: GITHUB,
    destination: answer(201),
    events: [report(-2), report(0)],
    command: 'get',
    says: /suppressed +\d+ +unchanged: success/m,
  },
  'a newer event came first': {
    provider: GITHUB,
    destination: answer(201),
    events: [report(0), report(-10, 'error')],
    command: 'get',
    says: /suppressed +\d+ +superseded by a newer event of the same subject\s/m,
  },
}

async function relayWith({ spec = {}, provider: changes, destination, events = [{}] }: Case) {
  const harness = createHarness()
  harness.secrets.set(`${CLUSTER}/flux-system/there`, {
    address: 'https://hooks.test/x',
  })
  harness.secrets.set(`${CLUSTER}/flux-system/github`, { token: 'ghp_example' })
  harness.answerWith(() => destination ?? answer(200))
  const hook = provider('hook', changes ?? { type: 'generic', address: 'https://a.test' })
  await harness.configure(hook, alert('one', 'hook', spec))
  for (const event of events) {
    await harness.send('kustomization-finished', event)
    await harness.drain()
  }
  const history = harness.ports.configs as unknown as ConfigHistory
  const { server } = await startRelay({ ports: harness.ports, history })
  return { harness, url: `http://127.0.0.1:${server.port}` }
}

describe('a notification is missing, and one command says why', () => {
  it.each(Object.entries(CASES))('%s', async (_, missing) => {
    const { harness, url } = await relayWith(missing)
    const records = await harness.records()
    const last = records.toSorted((a, b) => (a.order < b.order ? 1 : -1))[0]
    const about = { get: ['get', 'deliveries', '-o', 'wide'], explain: ['explain'] }
    const event = missing.command === 'explain' ? ['--event', last?.eventId ?? ''] : []
    const args = [...about[missing.command], ...event, '--relay', url]
    const { code, stdout, stderr } = await fluxRelay(args)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(missing.says)
  })

  it('it never arrived', async () => {
    const { url } = await relayWith({ command: 'get', says: /./, events: [] })
    const args = ['get', 'deliveries', '--object', 'Kustomization/flux-system/podinfo']
    const { code, stdout, stderr } = await fluxRelay([...args, '--relay', url])
    expect([code, stdout, stderr]).toEqual([0, '', 'No deliveries found.\n'])
  })

  it('its cluster is silent', async () => {
    const { ports, server } = await startRelay()
    const silent = { cluster: 'prod-eu', revision: 'r1', manifests: [], objects: [] }
    await ports.configs.replace({ ...silent, takenAt: START - 31 * 60_000 }, '0.1.0')
    const { code, stdout, stderr } = await fluxRelay([
      ...['get', 'clusters', '--relay', `http://127.0.0.1:${server.port}`],
    ])
    expect([code, stderr]).toEqual([0, ''])
    const since = new Date(START - 31 * 60_000).toISOString().replace('.000', '')
    expect(stdout).toMatch(new RegExp(`^prod-eu .* 0\\.1\\.0 +${since}$`, 'm'))
  })

  it.each([
    ['its sender has a wrong token', 'prod', 'wrong', 1, /^prod .*1 unauthorized \(\d+s ago\)$/m],
    ['it came before, byte by byte', 'prod', PROD, 3, /^prod .*2 duplicate \(\d+s ago\)$/m],
    [
      'its address names no cluster',
      'pord',
      PROD,
      1,
      /^not taken, and from no known cluster: 1 unauthorized \(\d+s ago\), the last from 127\.0\.0\.1$/m,
    ],
  ])('%s', async (_, cluster, token, posts, says) => {
    const { call, ports, server } = await startRelay({ tokens: TOKENS })
    ports.clock.set(Date.now())
    const body = JSON.stringify({
      involvedObject: { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' },
      timestamp: '2026-11-20T09:14:03Z',
    })
    for (let n = 0; n < posts; n += 1) {
      await call('POST', `/v1/clusters/${cluster}/events`, { body, headers: bearer(token) })
    }
    const args = ['get', 'clusters', '--relay', `http://127.0.0.1:${server.port}`]
    const { code, stdout, stderr } = await fluxRelay(args, { token: OPERATOR })
    expect(code).toBe(0)
    expect(stdout + stderr).toMatch(says)
  })
})
