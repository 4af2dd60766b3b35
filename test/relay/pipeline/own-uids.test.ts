import { describe, expect, it } from 'vitest'
import { alert, createHarness, provider } from '../../support/relay-harness.ts'

const UID = '6f1d2c3b-4a5e-4f60-8172-93a4b5c6d7e8'

function withUid<T extends { readonly metadata: object }>(object: T, uid = UID) {
  return { ...object, metadata: { ...object.metadata, uid } }
}

const hook = (name: string) =>
  provider(name, { type: 'generic', address: `https://${name}.test/hook` })

describe('objects that were copied with their UID', () => {
  it('are Alerts that are each told', async () => {
    const harness = createHarness()
    await harness.configure(
      withUid(hook('a'), 'a'),
      withUid(hook('b'), 'b'),
      withUid(alert('one', 'a')),
      withUid(alert('two', 'b')),
    )
    await harness.send('kustomization-health-check-failed')
    await harness.drain()
    expect(harness.requests.map(({ url }) => url).sort()).toEqual([
      'https://a.test/hook',
      'https://b.test/hook',
    ])
    const told = (await harness.records()).map(({ alert, outcome }) => `${alert?.name} ${outcome}`)
    expect(told.sort()).toEqual(['one delivered', 'two delivered'])
  })

  it('say so, beside what else is to be said of them', async () => {
    const harness = createHarness()
    await harness.configure(
      withUid(hook('a')),
      withUid(alert('one', 'a')),
      withUid(alert('two', 'a', { eventSeverity: 'none' })),
      withUid(alert('three', 'a')),
      alert('four', 'a'),
    )
    const snapshot = await harness.ports.configs.read('local')
    const messages = typeof snapshot === 'object' ? snapshot.objects : []
    expect(messages.map(({ name, message }) => `${name}: ${message}`)).toEqual([
      'one: Initialized',
      expect.stringMatching(/^two: spec\.eventSeverity: .*; metadata\.uid is that of another/),
      expect.stringMatching(/^three: Initialized; metadata\.uid is that of another object/),
      'four: Initialized',
      'a: Initialized',
    ])
  })
})
