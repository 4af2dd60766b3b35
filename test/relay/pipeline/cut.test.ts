import { describe, expect, it } from 'vitest'
import { alert, createHarness, provider } from '../../support/relay-harness.ts'

const SLACK = { address: 'https://hooks.slack.test/services/T/B/x' }

/** The record of an event that was sent to a type, and the body of its request. */
async function deliveredTo(type: string, changes: Record<string, unknown>) {
  const harness = createHarness()
  harness.secrets.set('local/flux-system/s', { ...SLACK, token: 'a-token' })
  await harness.configure(
    provider('p', { type, channel: 'room', secretRef: { name: 's' } }),
    alert('a', 'p'),
  )
  await harness.send('kustomization-configured', changes)
  await harness.drain()
  const [record] = await harness.records()
  return { record, body: String(harness.requests[0]?.body) }
}

describe('what is cut to what a service takes', () => {
  it('is told in the ledger, which has the whole', async () => {
    const message = '🚀'.repeat(10_000)
    const { record, body } = await deliveredTo('discord', { message })
    const [attachment] = (JSON.parse(body) as { attachments: { text: string }[] }).attachments
    expect([...(attachment?.text ?? '')]).toHaveLength(2_048)
    expect(record?.event.message === message).toBe(true)
    expect(record).toMatchObject({
      outcome: 'delivered',
      notes: ['shortened to what discord accepts: message (2048 of 10000 characters are sent)'],
    })
  })

  it('is told of metadata too', async () => {
    const metadata = { 'kustomize.toolkit.fluxcd.io/diff': 'd'.repeat(9_000) }
    const { record } = await deliveredTo('webex', { metadata })
    expect(record).toMatchObject({
      outcome: 'delivered',
      notes: ['shortened to what webex accepts: metadata'],
    })
  })

  it('says nothing of what fits', async () => {
    const { record } = await deliveredTo('discord', {})
    expect(record).toMatchObject({ outcome: 'delivered', notes: [] })
  })
})
