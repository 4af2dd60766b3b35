import { describe, expect, it } from 'vitest'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import { requestReplay } from '../../../../relay/pipeline/replay.ts'
import type { OutboundRequest } from '../../../../relay/ports/http.ts'
import {
  alert,
  answer,
  createHarness,
  type Harness,
  noAnswer,
  provider,
} from '../../../support/relay-harness.ts'
import { SlackApi } from '../../../support/slack-api.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'
import { annotated } from './annotated.ts'

const SLACK = {
  type: 'slack',
  address: SlackApi.POST,
  channel: 'ops',
  secretRef: { name: 'token' },
}

async function withSlack(
  rules: Readonly<Record<string, string>> = { thread: 'object' },
  names: readonly string[] = ['a'],
  directory = temporaryDirectory(),
) {
  const harness = createHarness({}, { directory })
  const slack = new SlackApi()
  harness.answerWith(slack.handle)
  harness.secrets.set('local/flux-system/token', { token: 'xoxb-1' })
  await harness.configure(
    annotated(provider('p', SLACK), rules),
    ...names.map((name) => alert(name, 'p')),
  )
  return { harness, slack }
}

let revisions = 0

/** Accepts an event of an object, whose message is none of before. */
async function send(harness: Harness, message: string, name = 'podinfo') {
  revisions += 1
  const object = { kind: 'Kustomization', namespace: 'flux-system', name, uid: name }
  await harness.send('kustomization-finished', {
    timestamp: new Date(harness.clock.now()).toISOString(),
    involvedObject: object,
    message,
    metadata: { 'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${revisions}` },
  })
}

async function tell(harness: Harness, message: string, name = 'podinfo') {
  await send(harness, message, name)
  await harness.drain()
}

/** Tries again until all is delivered. */
async function finish(harness: Harness) {
  while ((await harness.records()).some(({ outcome }) => outcome !== 'delivered')) {
    expect(await harness.drainNext()).toBe(true)
  }
}

const isUpdate = ({ url }: OutboundRequest) => url === SlackApi.UPDATE
const isReply = ({ body }: OutboundRequest) => String(body).includes('thread_ts')
const rateLimited = answer(429, { 'retry-after': '1' })

describe('the rule thread with a bot of Slack', () => {
  it('has one thread for each object, whose first message shows the latest', async () => {
    const { harness, slack } = await withSlack()
    await tell(harness, 'one')
    await tell(harness, 'other', 'webapp')
    await tell(harness, 'two')
    await tell(harness, 'three')
    expect(slack.threads()).toEqual([['three', 'two', 'three'], ['other']])
    expect(await harness.records()).toMatchObject(
      Array.from({ length: 4 }, () => ({ outcome: 'delivered', notes: [] })),
    )
  })

  it('begins with a message as long as Slack takes, which comes back in the answer', async () => {
    const { harness, slack } = await withSlack()
    const long = '"'.repeat(35_000)
    await tell(harness, long)
    await tell(harness, 'two')
    expect(slack.threads()).toEqual([['two', 'two']])
  })

  it('may be of what a CEL expression gives', async () => {
    const { harness, slack } = await withSlack({ thread: "'all in ' + cluster" })
    await tell(harness, 'one')
    await tell(harness, 'two', 'webapp')
    expect(slack.threads()).toEqual([['two', 'two']])
  })

  it('knows its threads after a restart', async () => {
    const directory = temporaryDirectory()
    const { harness, slack } = await withSlack({ thread: 'object' }, ['a'], directory)
    await tell(harness, 'one')
    await harness.close()
    const { harness: next } = await withSlack({ thread: 'object' }, ['a'], directory)
    next.answerWith(slack.handle)
    await tell(next, 'two')
    expect(slack.threads()).toEqual([['two', 'two']])
  })

  it('opens one thread for what comes at once', async () => {
    const alerts = Array.from({ length: 30 }, (_, n) => `alert-${n}`)
    const { harness, slack } = await withSlack({ thread: 'cluster' }, alerts)
    await send(harness, 'one')
    await send(harness, 'two', 'webapp')
    await harness.drain()
    await finish(harness)
    const [[head, ...replies] = [], ...others] = slack.threads()
    expect([head, replies.length, others]).toEqual(['two', 59, []])
  })

  it('never shows an older event after a newer one, and never replies twice', async () => {
    const { harness, slack } = await withSlack()
    await tell(harness, 'one')
    slack.instead.push((request) => (isReply(request) ? rateLimited : undefined))
    await tell(harness, 'two, which comes late')
    await tell(harness, 'three')
    await finish(harness)
    const [[head, ...replies] = []] = slack.threads()
    expect(head).toBe('three')
    expect(replies).toHaveLength(2)
  })

  it('tries the first message again, and the reply not', async () => {
    const { harness, slack } = await withSlack()
    await tell(harness, 'one')
    slack.instead.push((request) => (isUpdate(request) ? rateLimited : undefined))
    await tell(harness, 'two')
    expect(slack.threads()).toEqual([['one', 'two']])
    await finish(harness)
    expect(slack.threads()).toEqual([['two', 'two']])
  })

  it('keeps its threads, each with the latest, while Slack limits the rate', async () => {
    const { harness, slack } = await withSlack()
    const names = ['a', 'b', 'c', 'd']
    for (const name of names) await tell(harness, `${name} fails`, name)
    slack.instead.push(() => rateLimited)
    for (const name of names) await send(harness, `${name} recovers`, name)
    await harness.drain()
    await finish(harness)
    expect(slack.threads()).toEqual(names.map((name) => [`${name} recovers`, `${name} recovers`]))
  })

  it('sends again what may not have come', async () => {
    const { harness, slack } = await withSlack()
    slack.instead.push((request) => {
      slack.handle(request)
      return noAnswer(true)
    })
    await tell(harness, 'one')
    await harness.drainNext()
    await tell(harness, 'two')
    // At least once: the first message of a lost answer has no thread.
    expect(slack.threads()).toEqual([['one'], ['two', 'two']])
  })

  it('begins a thread anew when its first message is gone', async () => {
    const { harness, slack } = await withSlack()
    await tell(harness, 'one')
    slack.delete(slack.messages[0]?.ts)
    await tell(harness, 'two')
    await tell(harness, 'three')
    expect(slack.threads()).toEqual([['three', 'three']])
  })

  it('says so when the first message may not be changed', async () => {
    const { harness, slack } = await withSlack()
    await tell(harness, 'one')
    const refused = answer(200, {}, '{"ok":false,"error":"edit_window_closed"}')
    slack.instead.push((request) => (isUpdate(request) ? refused : undefined))
    await tell(harness, 'two')
    expect(slack.threads()).toEqual([['one', 'two']])
    const records = await harness.records()
    expect(records.flatMap(({ notes }) => notes)).toEqual([
      'the first message of the thread stays as it was: Slack answered edit_window_closed',
    ])
    expect(records.every(({ outcome }) => outcome === 'delivered')).toBe(true)
  })

  it('replies again when it is replayed', async () => {
    const { harness, slack } = await withSlack()
    await tell(harness, 'one')
    await tell(harness, 'two')
    const records = await harness.records()
    const first = records.find(({ event }) => event.message === 'one')
    await requestReplay(harness.ports, first?.id ?? '')
    await harness.drain()
    expect(slack.threads()).toEqual([['two', 'two', expect.stringMatching(/^one\n/)]])
  })

  it.each([
    [
      "event.metadata['none']",
      [expect.stringMatching(/^the rule thread has no effect, as it failed/)],
    ],
    ["''", []],
  ])('%s leaves the message outside of threads', async (thread, notes) => {
    const { harness, slack } = await withSlack({ thread })
    await tell(harness, 'one')
    await tell(harness, 'two')
    expect(slack.threads()).toEqual([['one'], ['two']])
    const [record] = await harness.records()
    expect(record?.notes).toEqual(notes)
  })
})

describe('the readiness of a rule thread', () => {
  const HOOK = { type: 'slack', address: 'https://hooks.slack.com/services/x' }
  const messages = async (spec: Readonly<Record<string, unknown>>, thread = 'object') => {
    const set = [annotated(provider('p', spec), { thread }), annotated(alert('a', 'p'), { thread })]
    const secrets = { read: async () => ({ token: '1:x', username: 'u', password: 'p' }) }
    const harness = createHarness()
    for (const name of ['p']) harness.secrets.set(`local/flux-system/${name}`, await secrets.read())
    const { objects } = await reconcile('local', set, 0, harness.ports.secrets)
    return objects.map(({ ready, message }) => [ready, message])
  }
  const FIELD = 'metadata.annotations.flux-relay.io/thread'

  it.each([
    [HOOK, 'a webhook of Slack has no threads'],
    [
      { type: 'discord', address: 'https://discord.com/api/webhooks/1/x' },
      'discord has no threads',
    ],
    [{ type: 'generic', address: 'https://hooks.example/x' }, 'generic has no threads'],
    [
      { type: 'telegram', channel: '-1001:17', secretRef: { name: 'p' } },
      'spec.channel names the topic of all messages',
    ],
  ])('of %j says that messages are plain', async (spec, lack) => {
    const warning = `Initialized; ${FIELD} has no effect: ${lack}`
    expect(await messages(spec)).toEqual([
      [true, warning],
      [true, warning],
    ])
  })

  it('says nothing where there are threads', async () => {
    const chat = {
      type: 'googlechat',
      address: 'https://chat.googleapis.com/v1/spaces/A/messages?key=k',
    }
    expect(await messages(chat)).toEqual([
      [true, 'Initialized'],
      [true, 'Initialized'],
    ])
  })

  it.each([
    [' ', 'expected object, or a CEL expression that gives a text, such as cluster'],
    ['podinfo', 'there is no variable podinfo'],
    ['1', 'the expression gives int, and it must give a string'],
  ])('refuses %j', async (thread, message) => {
    const [, of] = await messages(HOOK, thread)
    expect(of?.[0]).toBe(false)
    expect(String(of?.[1])).toContain(message)
  })
})
