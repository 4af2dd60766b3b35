import { describe, expect, it } from 'vitest'
import { shortRevision } from '../../../relay/model/config.ts'
import { requestReplay } from '../../../relay/pipeline/replay.ts'
import { alert, answer, CLUSTER, createHarness, provider } from '../../support/relay-harness.ts'

const hook = provider('hook', { type: 'generic', address: 'https://a.test' })

async function started() {
  const harness = createHarness()
  const { configs } = harness.ports
  const revision = async () => {
    const snapshot = await configs.read(CLUSTER)
    if (typeof snapshot !== 'object') throw new Error('there is no configuration')
    return shortRevision(snapshot.revision)
  }
  const revisions = async () => (await harness.records()).map((record) => record.revision)
  return { ...harness, revision, revisions }
}

describe('the record of a decision names the revision of the rules', () => {
  it('of a delivery, and of an event that no Alert takes or that is a repeat', async () => {
    const harness = await started()
    await harness.configure(hook, alert('all', 'hook'), alert('off', 'hook', { suspend: true }))
    const first = await harness.revision()
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.revisions()).toEqual([first, first])

    await harness.configure(hook, alert('errors', 'hook', { eventSeverity: 'error' }))
    const second = await harness.revision()
    expect(second).not.toBe(first)
    await harness.send('gitrepository-new-artifact')
    await harness.drain()
    expect(await harness.revisions()).toContain(second)
  })

  it('as of the last try, and of a replay', async () => {
    const harness = await started()
    await harness.configure(hook, alert('all', 'hook'))
    const first = await harness.revision()
    harness.answerWith(() => answer(503))
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.revisions()).toEqual([first])

    await harness.configure(hook, alert('all', 'hook', { eventMetadata: { team: 'web' } }))
    const second = await harness.revision()
    harness.answerWith(() => answer(200))
    harness.clock.advance(60_000)
    await harness.drain()
    expect(await harness.revisions()).toEqual([second])

    await harness.configure(hook, alert('all', 'hook', { eventMetadata: { team: 'api' } }))
    const [record] = await harness.records()
    await requestReplay(harness.ports, record?.id ?? '')
    await harness.drain()
    expect(await harness.revisions()).toEqual([await harness.revision()])
  })

  it('is without one while the cluster has no configuration', async () => {
    const harness = await started()
    await harness.send('kustomization-finished')
    await harness.drain()
    expect(await harness.revisions()).toEqual([undefined])
  })
})
