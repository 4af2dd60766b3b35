import { describe, expect, it } from 'vitest'
import { explain } from '../../../../relay/api/explain.ts'
import { reconcile } from '../../../../relay/pipeline/reconcile.ts'
import { compileFields } from '../../../../relay/pipeline/rules/fields.ts'
import { fixtureJson } from '../../../support/notifications.ts'
import { alert, createHarness, provider } from '../../../support/relay-harness.ts'
import { annotated } from './annotated.ts'

const SLACK = { type: 'slack', address: 'https://hooks.slack.com/services/x', channel: 'ops' }
const GITHUB = {
  type: 'github',
  address: 'https://github.com/fleet/infra',
  secretRef: { name: 'token' },
}

interface Given {
  readonly onAlert?: Readonly<Record<string, string>>
  readonly onProvider?: Readonly<Record<string, string>>
  readonly spec?: Readonly<Record<string, unknown>>
  readonly alertSpec?: Readonly<Record<string, unknown>>
  readonly event?: Readonly<Record<string, unknown>>
  readonly publicUrl?: string
}

/** What the Provider is sent of an event, and the record of its delivery. */
async function sent({
  onAlert = {},
  onProvider = {},
  spec = SLACK,
  alertSpec,
  event,
  publicUrl,
}: Given) {
  const harness = createHarness({ publicUrl })
  harness.secrets.set('local/flux-system/token', { token: 't' })
  await harness.configure(
    annotated(provider('p', spec), onProvider),
    annotated(alert('a', 'p', alertSpec), onAlert),
  )
  const timestamp = new Date(harness.clock.now()).toISOString()
  await harness.send('kustomization-finished', { timestamp, ...event })
  await harness.drain()
  const [record] = await harness.records()
  const [request] = harness.requests
  return { record, body: request === undefined ? undefined : JSON.parse(String(request.body)) }
}

describe('the rule fields', () => {
  const fieldsOf = async (given: Given) => {
    const { body, record } = await sent(given)
    const fields = body.attachments[0].fields as { title: string; value: string }[]
    return { record, fields: Object.fromEntries(fields.map(({ title, value }) => [title, value])) }
  }

  it('adds fields, and replaces those of the event and of its Alert', async () => {
    const { fields } = await fieldsOf({
      onAlert: {
        fields:
          "cluster: $(cluster)\nrevision: $(event.metadata.revision.split('/')[0])\n\nteam: <!here> web",
      },
      alertSpec: { eventMetadata: { team: '<!channel>', region: '<!channel>' } },
    })
    expect(fields).toEqual({
      cluster: 'local',
      // What the rule says is escaped, as titles are; eventMetadata is not.
      team: '&lt;!here&gt; web',
      region: '<!channel>',
      revision: 'main',
    })
  })

  it('that is empty takes a field away', async () => {
    const { fields } = await fieldsOf({ onAlert: { fields: "revision:\nteam: $('')" } })
    expect(fields).toEqual({})
  })

  it('that fails leaves the field as it was, and says so', async () => {
    const onAlert = { fields: 'revision: $(event.metadata.none)\ncluster: $(cluster)' }
    const { fields, record } = await fieldsOf({ onAlert })
    expect(fields).toMatchObject({ cluster: 'local', revision: expect.stringMatching(/^main/) })
    expect(record).toMatchObject({
      notes: [expect.stringMatching(/^the rule fields \(revision\) has no effect, as it failed: /)],
    })
  })

  it('of the Alert counts, and not that of the Provider', async () => {
    const { fields } = await fieldsOf({
      onAlert: { fields: 'revision: Alert' },
      onProvider: { fields: 'revision: Provider\nmore: Provider' },
    })
    expect(fields).toEqual({ revision: 'Alert' })
  })

  it.each([
    ['no name', 'expected a line NAME: TEXT such as cluster: $(cluster); "no name" is none'],
    [
      '$(cluster): x',
      'expected a line NAME: TEXT such as cluster: $(cluster); "$(cluster): x" is none',
    ],
    ['a: 1\na: 2', 'there are two fields "a"'],
    ['change_request: 1', 'change_request names the change request, and is no field'],
    [`${'n'.repeat(81)}: 1`, 'expected names of at most 80 characters'],
    [Array.from({ length: 21 }, (_, n) => `f${n}: x`).join('\n'), 'expected at most 20 fields'],
    ['a: $(event', 'the $( at character 1 has no closing bracket'],
    [' ', 'expected a line NAME: TEXT for each field, such as cluster: $(cluster)'],
  ])('%j makes its object not ready', async (fields, message) => {
    expect(await messageOf({ onAlert: { fields } })).toBe(
      `metadata.annotations.flux-relay.io/fields: ${message}`,
    )
  })

  it('is read in a time that grows with its length alone', () => {
    const blanks = `${' '.repeat(4_000)}a${' '.repeat(4_000)}`
    const startedAt = performance.now()
    for (const line of [`${blanks}$: x`, `${blanks}$`]) {
      expect(() => compileFields(line)).toThrow('expected a line NAME: TEXT')
    }
    expect(compileFields(`${blanks}: x`)).toMatchObject([{ name: 'a' }])
    expect(performance.now() - startedAt).toBeLessThan(50)
  })

  it('is none of a commit status', async () => {
    expect(await messageOf({ onAlert: { fields: 'a: b' }, spec: GITHUB })).toBe(
      'metadata.annotations.flux-relay.io/fields: what github takes has no fields; remove the annotation, or use text',
    )
  })
})

/** Why the Alert is not ready. */
async function messageOf({ onAlert = {}, spec = SLACK }: Given) {
  const set = [provider('p', spec), annotated(alert('a', 'p'), onAlert)]
  const { objects } = await reconcile('local', set, 0, { read: async () => undefined })
  const found = objects.find(({ kind }) => kind === 'Alert')
  expect(found?.ready).toBe(false)
  return found?.message
}

describe('the rule link', () => {
  const linkOf = async (link: string, event?: Given['event']) => {
    const { body, record } = await sent({ onAlert: { link }, ...(event && { event }) })
    return { link: body.attachments[0].author_link as string | undefined, record }
  }

  it('leads from the title to a page', async () => {
    const { link } = await linkOf(
      'https://grafana.example/d/flux?var-name=$(event.involvedObject.name)&var-cluster=$(cluster)',
    )
    expect(link).toBe('https://grafana.example/d/flux?var-name=podinfo&var-cluster=local')
  })

  it('keeps a value within its part of the URL', async () => {
    const { link } = await linkOf('https://e.x/$(event.message)?a=$(event.message)', {
      message: 'a/b?c=d&e#f %"\u00e9',
    })
    expect(link).toBe(
      'https://e.x/a/b%3Fc%3Dd%26e%23f%20%25%22%C3%A9?a=a/b%3Fc%3Dd%26e%23f%20%25%22%C3%A9',
    )
  })

  it('may be a whole URL that an expression gives', async () => {
    const message = 'https://e.x/a?b=c&d#e'
    expect(await linkOf('$(event.message)', { message })).toMatchObject({ link: message })
  })

  it('that is empty is left away without a word', async () => {
    const { link, record } = await linkOf("$(event.metadata[?'page'].orValue(''))")
    expect(link).toBeUndefined()
    expect(record?.notes).toEqual([])
  })

  it.each([
    ['javascript:alert(1)', 'it gives no URL that begins with http:// or https://'],
    ['no URL', 'it gives no URL that begins with http:// or https://'],
    ['https://user:password@e.x/', 'it gives a URL with a user name, which everybody would see'],
    [`https://e.x/${'a'.repeat(2_000)}`, 'it gives a URL of more than 2000 characters'],
  ])('that gives %j is left away, and the record says why', async (message, why) => {
    const { link, record } = await linkOf('$(event.message)', { message })
    expect(link).toBeUndefined()
    expect(record).toMatchObject({
      outcome: 'delivered',
      notes: [`the rule link has no effect, as it failed: ${why}`],
    })
  })

  it.each(['grafana.example/d', 'ftp://e.x/$(cluster)'])('%j is not valid', async (link) => {
    expect(await messageOf({ onAlert: { link } })).toMatch(
      /^metadata\.annotations\.flux-relay\.io\/link: expected the address of a page such as https:/,
    )
  })

  it('is none of a stream', async () => {
    const spec = { type: 'generic', address: 'https://hooks.example/x' }
    expect(await messageOf({ onAlert: { link: 'https://e.x/' }, spec })).toBe(
      'metadata.annotations.flux-relay.io/link: what generic takes has no link; remove the annotation, or use fields',
    )
  })
})

describe('a commit status', () => {
  const event = {
    reason: 'ReconciliationSucceeded',
    metadata: {
      'kustomize.toolkit.fluxcd.io/commit_status': 'update',
      'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${'a'.repeat(40)}`,
    },
  }

  it('leads to the page of the rule, and shows its text', async () => {
    const { body } = await sent({
      spec: GITHUB,
      event,
      publicUrl: 'https://relay.example',
      onAlert: { link: 'https://e.x/$(cluster)', text: 'applied\nto $(cluster)' },
    })
    expect(body).toMatchObject({
      target_url: 'https://e.x/local',
      description: 'applied to local',
    })
  })

  it('leads to its delivery in the console without the rule, if people can open that', async () => {
    const { body, record } = await sent({ spec: GITHUB, event, publicUrl: 'https://relay.example' })
    expect(body).toMatchObject({
      target_url: `https://relay.example/console/deliveries/${record?.id}`,
      description: 'reconciliation succeeded',
    })
  })

  it('leads there in an explanation, too', async () => {
    const harness = createHarness()
    harness.secrets.set('local/flux-system/token', { token: 't' })
    await harness.configure(provider('p', GITHUB), alert('a', 'p'))
    const body = Buffer.from(
      JSON.stringify({
        cluster: 'local',
        event: { ...fixtureJson('kustomization-finished'), ...event },
      }),
    )
    const options = { noCrossNamespaceRefs: false, publicUrl: 'https://relay.example' }
    const answer = await explain(harness.ports, { body }, options)
    const [verdict] = JSON.parse(answer.body).verdicts
    expect(JSON.parse(verdict.requests[0].body).target_url).toMatch(
      /^https:\/\/relay\.example\/console\/deliveries\/[0-9a-f]{64}$/,
    )
  })

  it('leads nowhere without both', async () => {
    const { body } = await sent({ spec: GITHUB, event })
    expect(body).not.toHaveProperty('target_url')
  })

  it('leads nowhere if its forge does not take so long a URL, and the record says so', async () => {
    const { body, record } = await sent({
      spec: { ...GITHUB, type: 'gitlab', address: 'https://gitlab.com/fleet/infra' },
      event,
      onAlert: { link: `https://e.x/${'a'.repeat(250)}` },
    })
    expect(body).not.toHaveProperty('target_url')
    expect(record?.notes).toEqual([
      'the rule link has no effect: gitlab takes at most 255 characters',
    ])
  })
})

describe('a message about a commit', () => {
  it('leads to its page, if the metadata names the repository', async () => {
    const hash = 'a'.repeat(40)
    const { body } = await sent({
      alertSpec: { eventMetadata: { repository: 'ssh://git@github.com/fleet/infra.git' } },
      event: { metadata: { 'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${hash}` } },
    })
    expect(body.attachments[0].fields).toContainEqual({
      title: 'revision',
      value: `<https://github.com/fleet/infra/commit/${hash}|main@sha1:${hash}>`,
      short: false,
    })
  })
})
