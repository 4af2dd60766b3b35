import { describe, expect, it } from 'vitest'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import { providerTypes } from '../../../../relay/providers/registry.ts'
import { alert, createHarness, provider } from '../../../support/relay-harness.ts'
import { annotated } from './annotated.ts'

const SLACK = { type: 'slack', address: 'https://hooks.slack.com/services/x', channel: 'ops' }

interface Given {
  readonly onAlert?: Readonly<Record<string, string>>
  readonly onProvider?: Readonly<Record<string, string>>
  readonly spec?: Readonly<Record<string, unknown>>
  readonly event?: Readonly<Record<string, unknown>>
}

/** What Slack is sent of an event, and the record of its delivery. */
async function sent({ onAlert = {}, onProvider = {}, spec = SLACK, event = {} }: Given) {
  const harness = createHarness()
  await harness.configure(
    annotated(provider('p', spec), onProvider),
    annotated(alert('a', 'p'), onAlert),
  )
  const timestamp = new Date(harness.clock.now()).toISOString()
  await harness.send('kustomization-finished', { timestamp, ...event })
  await harness.drain()
  const [record] = await harness.records()
  const [request] = harness.requests
  return { record, body: request === undefined ? undefined : JSON.parse(String(request.body)) }
}

describe('the rules title and text', () => {
  it('say what a message is', async () => {
    const title = '$(event.involvedObject.name) in $(cluster)'
    const text = "$(event.reason) at $(event.metadata.revision.split('/')[0])"
    const { body } = await sent({ onAlert: { title, text } })
    expect(body.attachments).toMatchObject([
      { author_name: 'podinfo in local', text: 'ReconciliationSucceeded at main' },
    ])
  })

  it('of the Alert come before those of the Provider, each by itself', async () => {
    const onProvider = { title: 'from the Provider', text: 'from the Provider' }
    const { body } = await sent({ onAlert: { title: 'from the Alert' }, onProvider })
    expect(body.attachments).toMatchObject([
      { author_name: 'from the Alert', text: 'from the Provider' },
    ])
  })

  it('are escaped as other texts are', async () => {
    const event = { message: '<!channel> & *bold*' }
    const onAlert = { title: '<!here> $(event.message)', text: '> $(event.message)' }
    const { body } = await sent({ onAlert, event })
    expect(body.attachments).toMatchObject([
      {
        author_name: '&lt;!here&gt; &lt;!channel&gt; &amp; *bold*',
        text: '&gt; &lt;!channel&gt; &amp; *bold*',
      },
    ])
  })

  it('that fail leave what is sent without them, and say so', async () => {
    const onAlert = { title: '$(event.metadata.team)', text: "$(labels['team'])" }
    const { body, record } = await sent({ onAlert })
    expect(body.attachments).toMatchObject([
      { author_name: 'kustomization/podinfo.flux-system', text: expect.stringContaining('Recon') },
    ])
    expect(record).toMatchObject({
      outcome: 'delivered',
      notes: [
        expect.stringMatching(/^the rule text has no effect, as it failed: .*no such key/),
        expect.stringMatching(/^the rule title has no effect, as it failed: .*no such key/),
      ],
    })
  })

  it('that give nothing leave what is sent without them', async () => {
    const { body } = await sent({ onAlert: { title: "$('')", text: "$(' ')" } })
    expect(body.attachments).toMatchObject([
      { author_name: 'kustomization/podinfo.flux-system', text: expect.stringContaining('Recon') },
    ])
  })

  it('make one line of a title, and cut it', async () => {
    const { body } = await sent({ onAlert: { title: `a\n b\t${'c'.repeat(200)}` } })
    const [{ author_name: title }] = body.attachments
    expect(title).toMatch(/^a b c+…$/)
    expect(title).toHaveLength(150)
  })

  it('take control characters out of a text, and cut it', async () => {
    const onAlert = { text: "a\u0000b $('x'.replace('x', event.message))" }
    const { body } = await sent({ onAlert, event: { message: 'm'.repeat(39_000) } })
    const [{ text }] = body.attachments
    expect(text).not.toContain('\u0000')
    expect(text.length).toBeLessThanOrEqual(39_000)
  })

  it('change no event that is sent as it is, but for its message', async () => {
    const spec = { type: 'generic', address: 'https://hooks.example/x' }
    const { body } = await sent({ spec, onAlert: { text: 'said otherwise' } })
    expect(body).toMatchObject({ message: 'said otherwise', reason: 'ReconciliationSucceeded' })
  })
})

describe('a title for a type that has none', () => {
  it.each(['Alert', 'Provider'])(
    'on the %s makes it not ready, and its deliveries wait',
    async (kind) => {
      const harness = createHarness()
      const title = { title: 'a title' }
      const hook = provider('p', { type: 'generic', address: 'https://hooks.example/x' })
      const set = [
        annotated(hook, kind === 'Provider' ? title : {}),
        annotated(alert('a', 'p'), kind === 'Alert' ? title : {}),
      ]
      const { objects } = await reconcile('local', set, 0, harness.ports.secrets)
      expect(objects.find((object) => object.kind === kind)).toMatchObject({
        ready: false,
        message:
          'metadata.annotations.flux-relay.io/title: what generic takes has no title; remove the annotation, or use text',
      })
      await harness.configure(...set)
      await harness.send('kustomization-finished')
      await harness.drain()
      expect(await harness.records()).toMatchObject([
        { outcome: 'retry', reason: expect.stringContaining('has no title') },
      ])
    },
  )

  it('is known by family: chat has titles, commit statuses have none', () => {
    const titled = (family: string) =>
      [...providerTypes.values()]
        .filter((type) => type.family === family)
        .map((type) => type.hasTitle === true)
    expect(new Set(titled('chat'))).toEqual(new Set([true]))
    expect(new Set(titled('commit-status'))).toEqual(new Set([false]))
  })
})
