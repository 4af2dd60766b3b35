import { describe, expect, it } from 'vitest'
import type { SecretData } from '../../relay/model/secret.ts'
import type { StateStore } from '../../relay/ports/state-store.ts'
import { failingMemory } from './failing-memory.ts'
import { type ExpectedExchange, type ForgeDouble, startForge } from './forge-double.ts'
import { testClient } from './http-client.ts'
import { PROVIDER_UID } from './notifications.ts'
import { alert, CLUSTER, createHarness, provider } from './relay-harness.ts'

/** How a forge speaks about the comments of its change request 42. */
export interface CommentCase {
  readonly type: string
  readonly marker: string
  /** Of the repository, behind the origin. */
  readonly path: string
  readonly secret: SecretData
  /** The headers that prove who sends. */
  readonly authorization: Readonly<Record<string, string>>
  readonly self: ExpectedExchange
  readonly list: string
  readonly post: string
  readonly edit: (id: number) => string
  /** A comment as the forge shows it; `own` ones are by us. */
  readonly comment: (id: number, body: string, own?: boolean) => unknown
}

const MARKED_OBJECT = `${PROVIDER_UID}/HelmRelease/preview/webapp-pr-42`

/** The core on SQLite and the real HTTP client, with a forge that answers as the test expects. */
export async function startCommenting(forge: CommentCase, state?: StateStore) {
  const double = await startForge()
  const harness = createHarness({}, { http: testClient(), ...(state && { state }) })
  harness.secrets.set(`${CLUSTER}/flux-system/forge`, forge.secret)
  await harness.configure(
    provider('forge', {
      type: forge.type,
      address: `${double.url}/${forge.path}`,
      secretRef: { name: 'forge' },
    }),
    alert('previews', 'forge', {
      eventSources: [{ kind: 'HelmRelease', name: '*', namespace: 'preview' }],
    }),
  )
  return {
    ...double,
    harness,
    /** Sends an event of its own, which happens now. */
    async send(message: string, changes: Record<string, unknown> = {}) {
      const timestamp = new Date(harness.clock.now()).toISOString()
      await harness.send('helmrelease-change-request', { message, timestamp, ...changes })
    },
    async deliver(message: string, changes: Record<string, unknown> = {}) {
      await this.send(message, changes)
      await harness.drain()
    },
    /** Outcome and reason of each delivery, by message. */
    async outcomes() {
      const records = await harness.records()
      return Object.fromEntries(
        records.map(({ event, outcome, reason }) => [event.message, `${outcome}: ${reason}`]),
      )
    },
  }
}

function bodiesOf({ requests }: Pick<ForgeDouble, 'requests'>, method: string): readonly string[] {
  return requests
    .filter(({ line }) => line.startsWith(method))
    .map(({ body }) => (JSON.parse(body) as { body: string }).body)
}

/** What every type that comments does, end to end. */
export function describeComments(forge: CommentCase): void {
  const { self, comment } = forge
  const marker = `<!-- ${forge.marker}:${MARKED_OBJECT} -->`
  const others = [comment(1, 'LGTM', false), comment(2, `> ${marker}`, false), comment(3, 'no')]
  const list = (...comments: unknown[]) => ({ line: forge.list, json: comments })
  const post = (id: number) => ({ line: forge.post, status: 201, json: comment(id, 'made') })
  const edit = (id: number, status = 200) => ({ line: forge.edit(id), status, json: {} })
  const method = forge.edit(1).split(' ')[0] ?? ''

  describe(`${forge.type}, end to end`, () => {
    it('makes one comment, and edits it from then on', async () => {
      const relay = await startCommenting(forge)
      relay.expects(self, list(...others), post(7), edit(7), edit(7))
      for (const message of ['one', 'two', 'three']) await relay.deliver(message)

      expect(await relay.outcomes()).toEqual({
        one: 'delivered: HTTP 201',
        two: 'delivered: HTTP 200',
        three: 'delivered: HTTP 200',
      })
      expect(bodiesOf(relay, 'POST')).toEqual([
        `${marker}\n\n## Flux Status\n\nℹ️ HelmRelease/preview/webapp-pr-42\n\none\n\nMetadata:\n` +
          '* `commit`: 9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d\n* `revision`: 1.5.0-pr.42\n',
      ])
      expect(bodiesOf(relay, method).map((body) => body.split('\n\n')[3])).toEqual(['two', 'three'])
      for (const { headers, line } of relay.requests) {
        if (line !== self.line) expect(headers).toMatchObject(forge.authorization)
      }
    })

    it('edits one whose answer was long', async () => {
      const relay = await startCommenting(forge)
      const made = { line: forge.post, status: 201, json: comment(7, '"'.repeat(50_000)) }
      relay.expects(self, list(), made, edit(7))
      for (const message of ['one', 'two']) await relay.deliver(message)
      expect(await relay.outcomes()).toEqual({
        one: 'delivered: HTTP 201',
        two: 'delivered: HTTP 200',
      })
    })

    it('looks for one whose answer names none', async () => {
      const relay = await startCommenting(forge)
      relay.expects(self, list(), { line: forge.post, status: 201, json: {} })
      await relay.deliver('one')
      relay.expects(self, list(comment(7, `${marker}\n\none`)), edit(7))
      await relay.deliver('two')
      expect(await relay.outcomes()).toEqual({
        one: 'delivered: HTTP 201',
        two: 'delivered: HTTP 200',
      })
    })

    it('shows errors, markup and other scripts as they are', async () => {
      const relay = await startCommenting(forge)
      relay.expects(self, list(), post(7))
      const message = '<b>*ä*</b> 🚀\n```\nx\n```'
      await relay.deliver(message, {
        severity: 'error',
        metadata: { 'event.toolkit.fluxcd.io/change_request': '42' },
      })
      expect(bodiesOf(relay, 'POST')).toEqual([
        `${marker}\n\n## Flux Status\n\n⚠️ HelmRelease/preview/webapp-pr-42\n\n\`\`\`\`text\n${message}\n\`\`\`\`\n\nMetadata:\n`,
      ])
      expect(relay.requests.at(-1)?.headers['content-type']).toBe('application/json')
    })

    it('finds the comments of a renamed repository, and notes where they are', async () => {
      const relay = await startCommenting(forge)
      const moved = { status: 308, headers: { location: '/moved/here' } }
      relay.expects(
        self,
        { line: forge.list, ...moved },
        { line: 'GET /moved/here', json: others },
        { line: forge.post, ...moved },
        { line: 'POST /moved/here', status: 201, json: comment(7, 'made') },
      )
      await relay.deliver('one')
      expect(await relay.outcomes()).toEqual({ one: 'delivered: HTTP 201' })
      const [record] = await relay.harness.records()
      expect(record?.notes).toEqual([
        `the repository moved to ${relay.url}/moved/here: update the address of the Provider`,
      ])
      const { headers = {} } = relay.requests.at(-1) ?? {}
      expect(headers).toMatchObject(forge.authorization)
    })

    it('edits what another relay made', async () => {
      const relay = await startCommenting(forge)
      relay.expects(self, list(...others, comment(9, `${marker}\n\nold`)), edit(9), edit(9))
      await relay.deliver('one')
      await relay.deliver('two')
      expect(bodiesOf(relay, method)).toHaveLength(2)
    })

    it('makes a comment anew that somebody deleted', async () => {
      const relay = await startCommenting(forge)
      relay.expects(self, list(), post(7))
      await relay.deliver('one')
      relay.expects(edit(7, 404), self, list(...others), post(8))
      await relay.deliver('two')
      relay.expects(edit(8))
      await relay.deliver('three')
      expect(await relay.outcomes()).toMatchObject({ two: 'delivered: HTTP 201' })
    })

    it('makes a comment of its own when it may not edit that of an earlier user', async () => {
      const relay = await startCommenting(forge)
      relay.expects(self, list(), post(7))
      await relay.deliver('one')
      relay.expects(edit(7, 403), self, list(comment(7, marker, false)), post(8))
      await relay.deliver('two')
      expect(await relay.outcomes()).toMatchObject({ two: 'delivered: HTTP 201' })
    })

    it('makes no second comment where it may not edit its own', async () => {
      const relay = await startCommenting(forge)
      relay.expects(self, list(), post(7))
      await relay.deliver('one')
      const refused = [edit(7, 403), self, list(comment(7, marker))]
      relay.expects(...refused, ...refused)
      await relay.deliver('two')
      expect((await relay.outcomes()).two).toMatch(/^dead: HTTP 403/)
    })

    it('makes a comment that is deleted between search and edit', async () => {
      const relay = await startCommenting(forge)
      relay.expects(self, list(comment(9, marker)), edit(9, 404), post(10), edit(10))
      await relay.deliver('one')
      await relay.deliver('two')
      expect(await relay.outcomes()).toMatchObject({ one: 'delivered: HTTP 201' })
    })

    it('holds up no newer event when a question got no answer', async () => {
      const relay = await startCommenting(forge)
      relay.expects(self, { line: forge.list, lost: true }, self, list(), post(7))
      await relay.deliver('one')
      await relay.deliver('two')
      expect(await relay.outcomes()).toMatchObject({
        one: expect.stringMatching(/^retry: reset: /),
        two: 'delivered: HTTP 201',
      })
    })

    it('finds a comment that was made, and not remembered, before a crash', async () => {
      const relay = await startCommenting(forge, failingMemory(1))
      relay.expects(self, list(), post(7))
      await relay.send('one')
      const { queue, dispatcher, clock } = relay.harness
      for (const event of await queue.leaseEvents(1)) {
        await expect(dispatcher.dispatchEvent(event)).rejects.toThrow('the store is down')
        queue.release(event, clock.now())
      }
      relay.expects(self, list(comment(7, marker)), edit(7))
      await relay.harness.drain()
      // What the crash left on its way can land for as long.
      clock.advance(60_000)
      relay.expects(edit(7))
      await relay.deliver('two')
      expect(await relay.outcomes()).toEqual({
        one: 'delivered: HTTP 200',
        two: 'delivered: HTTP 200',
      })
    })

    it('finds a comment that was made when the answer got lost', async () => {
      const relay = await startCommenting(forge)
      relay.expects(self, list(), { line: forge.post, lost: true })
      await relay.deliver('one')
      expect((await relay.outcomes()).one).toMatch(/^retry: reset: /)
      relay.expects(self, list(comment(7, marker)), edit(7))
      expect(await relay.harness.drainNext()).toBe(true)
      expect(await relay.outcomes()).toEqual({ one: 'delivered: HTTP 200' })
    })

    it('never overwrites what a newer event wrote', async () => {
      const relay = await startCommenting(forge)
      relay.expects(self, list(), post(7), edit(7, 503), edit(7))
      for (const message of ['one', 'two', 'three']) await relay.deliver(message)
      expect(await relay.outcomes()).toMatchObject({
        two: 'retry: HTTP 503',
        three: 'delivered: HTTP 200',
      })
      expect(await relay.harness.drainNext()).toBe(true)
      const superseded = 'suppressed: superseded by a newer event of the same subject'
      expect(await relay.outcomes()).toMatchObject({ two: superseded })
    })

    it('reads the number of the change request after the merge', async () => {
      const relay = await startCommenting(forge)
      await relay.deliver('no number', {
        metadata: {
          'event.toolkit.fluxcd.io/change_request': '42',
          'helm.toolkit.fluxcd.io/change_request': 'main',
        },
      })
      expect(await relay.outcomes()).toEqual({
        'no number': 'dead: metadata change_request is not a number: "main"',
      })
      const changed = { 'helm.toolkit.fluxcd.io/change_request': '0043' }
      const at43 = (exchange: ExpectedExchange) => ({
        ...exchange,
        line: exchange.line.replace('/42/', '/43/'),
      })
      relay.expects(self, at43(list()), at43(post(7)))
      await relay.deliver('number', {
        metadata: { 'event.toolkit.fluxcd.io/change_request': '42', ...changed },
      })
      expect(await relay.outcomes()).toMatchObject({ number: 'delivered: HTTP 201' })
    })

    it.each([
      ['the user of the token', [{ ...self, status: 500 }], /^retry: HTTP 500/],
      [
        'who we are, in another form',
        [{ ...self, json: [] }],
        /^retry: .*does not contain the user of the token/,
      ],
      ['the list', [self, { ...list(), status: 502 }], /^retry: HTTP 502/],
      [
        'the list, in another form',
        [self, { ...list(), json: {} }],
        /^retry: .*does not contain a list/,
      ],
      ['the list, not there', [self, { ...list(), status: 404 }], /^dead: HTTP 404: .*change req/],
      ['the comment', [self, list(), { ...post(7), status: 503 }], /^retry: HTTP 503/],
      ['the comment, moved', [self, list(), { ...post(7), status: 301 }], /^dead: HTTP 301/],
    ])('says why a delivery failed: %s', async (_, exchanges, outcome) => {
      const relay = await startCommenting(forge)
      relay.expects(...exchanges)
      await relay.deliver('one')
      expect((await relay.outcomes()).one).toMatch(outcome)
    })

    it('reads the Secret anew when the credential is not taken, and then gives up', async () => {
      const relay = await startCommenting(forge)
      const refused = { ...self, status: 401, json: { message: 'Bad credentials' } }
      relay.expects(refused, refused)
      await relay.deliver('one')
      expect((await relay.outcomes()).one).toMatch(/^dead: HTTP 401: Bad cred.*was not accepted/)
    })
  })
}
