import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { commandTargets, stackTargets } from '../support/command-targets.ts'
import { deliveryRecord, event, eventRecord } from '../support/delivery-records.ts'
import { alert, provider } from '../support/relay-harness.ts'
import { manifestsFolder } from '../support/relay-manifests.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const CHAT = provider('chat', { type: 'slack', channel: 'general', secretRef: { name: 'chat' } })
const MANIFESTS = [CHAT, alert('all', 'chat'), alert('errors', 'chat', { eventSeverity: 'error' })]

function eventFile(severity = 'info'): string {
  const file = join(temporaryDirectory(), 'event.json')
  writeFileSync(file, JSON.stringify({ ...event(), severity }))
  return file
}

describe.each(commandTargets())('flux-relay explain %s', (_, open) => {
  it('judges by what is in force, and shows no secret', async () => {
    const { ports, run, setSecret } = await open()
    await setSecret('prod', 'chat', { address: 'https://hooks.test/services/hunter2' })
    await ports.configs.replace(await reconcile('prod', MANIFESTS, 0, ports.secrets))
    const args = ['explain', '-e', eventFile(), '--cluster', 'prod']
    const { code, stdout, stderr } = await run([...args, '--expect', 'chat=delivered'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^flux-system\/all +flux-system\/chat +delivered +the Alert takes/m)
    expect(stdout).toMatch(/^flux-system\/errors +flux-system\/chat +skipped +the Alert takes err/m)
    expect(stdout).toMatch(/^POST https:\/\/hooks\.test\/\*\*\*$/m)
    expect(stdout).not.toContain('hunter2')
  })

  it('can be expected to hold an event back', async () => {
    const { ports, run, setSecret } = await open()
    await setSecret('prod', 'chat', { address: 'https://hooks.test/services/hunter2' })
    const plain = alert('lasting', 'chat')
    const annotations = { 'flux-relay.io/after': '10m' }
    const lasting = { ...plain, metadata: { ...plain.metadata, annotations } }
    await ports.configs.replace(await reconcile('prod', [CHAT, lasting], 0, ports.secrets))
    const args = ['explain', '-e', eventFile('error'), '--cluster', 'prod', '--expect']
    const { code, stdout, stderr } = await run([...args, 'chat=held'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^flux-system\/lasting +flux-system\/chat +held +held until /m)
    const sent = await run([...args, 'chat=delivered'])
    expect([sent.code, sent.stderr]).toEqual([
      1,
      expect.stringMatching(/^expected chat=delivered: it is held by Alert flux-system\/lasting /),
    ])
    const none = await run([...args, 'chat=lost'])
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('observed, held, retry')])
  })

  it('shows what became of an event, and why an Alert did not take it', async () => {
    const { ports, run } = await open()
    const snapshot = await reconcile('prod', MANIFESTS, 0, ports.secrets)
    await ports.configs.replace(snapshot)
    const record = deliveryRecord({
      ...{ id: 'd'.repeat(64), eventId: 'e'.repeat(64), cluster: 'prod', event: event() },
      alert: { namespace: 'flux-system', name: 'all', uid: 'a' },
      provider: { namespace: 'flux-system', name: 'chat', uid: 'p', type: 'slack' },
      revision: snapshot.revision.slice(0, 12),
    })
    await ports.ledger.writeMany([{ record, expected: 'absent' }])
    const args = ['explain', '--event', 'eeeeeeeeeeee', '--cluster', 'prod']
    const { code, stdout, stderr } = await run([...args, '--expect', 'chat=delivered'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^event e{64} of cluster prod, accepted at 2026-/)
    expect(stdout).toMatch(/^ALERT +PROVIDER +VERDICT +FROM +WHY$/m)
    expect(stdout).toMatch(/^flux-system\/all +flux-system\/\w+ +delivered +d{12} +\S/m)
    expect(stdout).toMatch(
      /^flux-system\/errors +flux-system\/chat +skipped +rules +the Alert takes er/m,
    )
    const unknown = await run(['explain', '--event', 'f'.repeat(64), '--cluster', 'prod'])
    expect([unknown.code, unknown.stdout]).toEqual([1, ''])
    expect(unknown.stderr).toContain('there is no record of such an event')
  })

  it('says that a cluster has no configuration', async () => {
    const { run } = await open()
    const { code, stdout, stderr } = await run(['explain', '-e', eventFile(), '--cluster', 'none'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('the cluster none has no configuration yet')
  })
})

describe('a stack whose Alerts keep to their namespace', () => {
  const { open } = stackTargets()

  it('tells that rule to every command that judges, and no flag is needed', async () => {
    const target = await open()
    const { ports, run, stack, cloudFormation } = target
    const outputs = cloudFormation.stacks.get(stack) ?? {}
    cloudFormation.stacks.set(stack, { ...outputs, CrossNamespaceRefs: 'false' })
    const wide = alert('wide', 'chat', {
      eventSources: [{ kind: 'Kustomization', name: '*', namespace: 'apps' }],
    })
    const manifests = [...MANIFESTS, wide]
    const snapshot = await reconcile('prod', manifests, 0, ports.secrets)
    await ports.configs.replace(snapshot)
    const inApps = {
      ...event(),
      involvedObject: { ...event().involvedObject, namespace: 'apps' },
    }
    const acceptedAt = Date.now() - 60_000
    const record = eventRecord({
      ...{ id: 'r1', eventId: 'e'.repeat(64), cluster: 'prod', event: inApps },
      ...{ acceptedAt, updatedAt: acceptedAt, outcome: 'skipped', reason: 'no Alert takes it' },
      revision: snapshot.revision.slice(0, 12),
    })
    await ports.ledger.writeMany([{ record, expected: 'absent' }])
    const file = join(temporaryDirectory(), 'event.json')
    writeFileSync(file, JSON.stringify(inApps))
    const folder = manifestsFolder({
      'all.json': JSON.stringify({ kind: 'List', items: manifests }),
    })
    const asks: readonly (readonly string[])[] = [
      ['explain', '-e', file],
      ['explain', '--event', 'eeeeeeeeeeee'],
      ['describe', 'event', 'eeeeeeeeeeee'],
      ['get', 'deliveries', '--alert', 'flux-system/wide', '-o', 'wide'],
    ]
    for (const args of asks) {
      const { code, stdout } = await run([...args, '--cluster', 'prod'])
      expect([args, code]).toEqual([args, 0])
      expect(stdout, args.join(' ')).toMatch(/^.*wide.*skipped.*another namespace than the Alert/m)
    }
    const since = ['--since', '1h', '-o', 'json']
    const compared = await run(['diff', '-f', folder, '--cluster', 'prod', ...since])
    expect(JSON.parse(compared.stdout).events.routes).toEqual([])
  })
})
