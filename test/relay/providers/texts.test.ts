import { describe, expect, it } from 'vitest'
import type { Notification } from '../../../relay/providers/contract.ts'
import { markdownPost } from '../../../relay/providers/messages/markdown-post.ts'
import { notificationOf, requestsOf, settingsOf } from '../../support/notifications.ts'
import { typeOf } from '../../support/service-schemas/service.ts'
import { SERVICES } from '../../support/service-schemas/services.ts'

/** An address of a service in Slack's form that is not Slack. */
const MATTERMOST = {
  name: 'mattermost',
  type: 'slack',
  spec: {},
  secret: { address: 'https://chat.example.com/hooks/x' },
  requests: () => [],
}

interface Texts {
  readonly message?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly authored?: readonly string[]
  readonly name?: string
}

function notificationWith({ message = 'applied', metadata = {}, authored = [], name }: Texts) {
  const plain = notificationOf('kustomization-applied')
  const object = plain.event.involvedObject
  const involvedObject = { ...object, name: name ?? object.name }
  const event = { ...plain.event, message, metadata, involvedObject }
  return { ...plain, event, authored: new Set(authored) } satisfies Notification
}

/** The body of the first request: its JSON, or the content of a form. */
function bodyOf(name: string, texts: Texts): string {
  const service = [...SERVICES, MATTERMOST].find((candidate) => candidate.name === name)
  if (!service) throw new Error(`no service ${name}`)
  const type = typeOf(service)
  const settings = settingsOf(type, service.spec, service.secret)
  const [request] = requestsOf(type, notificationWith(texts), settings)
  const body = String(request?.body)
  return body.startsWith('{') ? body : (new URLSearchParams(body).get('content') ?? '')
}

const json = (text: string) => JSON.stringify(text).slice(1, -1)

describe('a message', () => {
  it.each([
    ['slack, incoming webhook', '<!channel> a && b', '&lt;!channel&gt; a &amp;&amp; b'],
    ['slack, incoming webhook', 'got <nil>', 'got &lt;nil&gt;'],
    ['slack, incoming webhook', '<@U024BE7LH>, <https://e.x|ok>', '&lt;@U024BE7LH&gt;, &lt;https'],
    ['slack, incoming webhook', '@channel &lt;', '@channel &amp;lt;'],
    [
      'mattermost',
      'by @here and <!all> main@sha1:1',
      'by @\u200bhere and &lt;!all&gt; main@sha1:1',
    ],
    ['mattermost', '`x` @ana `@bo`', '`x` @\u200bana `@\u200bbo`'],
    [
      'mattermost',
      '_@channel_ -@all a.@here __@x',
      '_@\u200bchannel_ -@\u200ball a.@\u200bhere __@\u200bx',
    ],
    ['discord', '<@123> **b** a_b _c_', '\\<@123> \\*\\*b\\*\\* a_b \\_c\\_'],
    ['discord', '- a\n> b\n# c\n1. d', '\\- a\n\\> b\n\\# c\n1\\. d'],
    ['discord', '[x](https://e.x/a_b_) ||y||', '[x\\](https://e.x/a_b_) \\||y\\||'],
    ['rocket', '*a* `b` ~~c~~ <nil> &', '\\*a\\* \\`b\\` \\~~c\\~~ <nil> &'],
    ['lark', 'by <at id=all></at> & &lt;', 'by &#60;at id=all&#62;&#60;/at&#62; & &#38;lt;'],
    ['lark', '*.example.com :OK: [a](b)', '&#42;.example.com &#58;OK: [a&#93;(b)'],
    ['googlechat', '<users/all> <a href="https://e.x">', '&lt;users/all&gt; &lt;a href='],
    ['googlechat', 'a & b &amp; <nil>', 'a &amp; b &amp;amp; &lt;nil&gt;'],
    ['webex', '<@all> <@personEmail:a@e.x>', '&lt;@all&gt; &lt;@personEmail:a@e.x&gt;'],
    ['webex', '*a* <nil>', '\\*a\\* &lt;nil&gt;'],
    ['msteams, workflow', 'one\ntwo\n\nthree\r\nfour', 'one\n\ntwo\n\nthree\n\nfour'],
    ['msteams, workflow', 'App_Pool_01 **x** [a](b)', 'App\\_Pool\\_01 \\*\\*x\\*\\* [a\\](b)'],
    ['msteams, workflow', 'see https://e.x/a_b_c', 'see https://e.x/a_b_c'],
    // The text of a link may itself be an address, of which the link then leads elsewhere.
    ['discord', '[https://a.x/b](https://e.x)', '[https://a.x/b\\](https://e.x)'],
    ['discord', '[https://a.x\\](https://e.x)', '[https://a.x\\\\\\](https://e.x)'],
    ['rocket', '[https://a.x](https://e.x)', '[https://a.x\\](https://e.x)'],
    ['webex', '[https://a.x][e] [e]', '[https://a.x\\][e] [e]'],
    ['lark', '[https://a.x](https://e.x)', '[https://a.x&#93;(https://e.x)'],
    ['msteams, workflow', '[https://a.x/b_c](https://e.x)', '[https://a.x/b_c\\](https://e.x)'],
    ['msteams, workflow', 'https://[::1]:8080/x?a[]=1_2', 'https://[::1]:8080/x?a[]=1_2'],
    ['msteams, connector', '<nil>\n- b', '&lt;nil&gt;\n\n\\- b'],
    ['telegram', 'by @ana (@bo) main@sha1:1', 'by `@ana` \\(`@bo`\\) main@sha1:1'],
    ['telegram', '/stop `@ana`', '/stop \\``@ana`\\`'],
    ['zoom', '<nil> & *a*', '<nil> & *a*'],
    ['zulip', 'by @**all**', '\n\n```text\nby @**all**\n```\n\n'],
    ['zulip', '#**general** [a](b)', '\n\n```text\n#**general** [a](b)\n```\n\n'],
  ])('to %s is shown as written: %j', (name, message, shown) => {
    expect(bodyOf(name, { message })).toContain(name === 'zulip' ? shown : json(shown))
  })

  it.each([
    ['slack, incoming webhook', 'uses *a* and `b`', []],
    ['slack, incoming webhook', '> quoted', []],
    ['slack, incoming webhook', 'snake_case', []],
    ['slack, incoming webhook', 'Applied revision: main@sha1:9e2f', ['text']],
  ])('to %s is formatted only where nothing is lost: %j', (name, message, mrkdwn_in) => {
    expect(bodyOf(name, { message })).toContain(`"mrkdwn_in":${JSON.stringify(mrkdwn_in)}`)
  })

  it.each([
    ['@room', {}],
    ['by @ana:example.org', {}],
    ['Applied main@sha1:1', undefined],
  ])('to a Matrix room mentions nobody: %s', (message, mentions) => {
    const body = JSON.parse(bodyOf('matrix', { message })) as Record<string, unknown>
    expect(body['m.mentions']).toEqual(mentions)
    expect(body.body).toContain(message)
  })
})

describe('what is no message', () => {
  const metadata = { 'a<!here>': '<!channel> & *b*' }

  it.each([
    ['slack, incoming webhook', '"title":"a&lt;!here&gt;","value":"&lt;!channel&gt; &amp; *b*"'],
    ['googlechat', '"topLabel":"a&lt;!here&gt;","content":"&lt;!channel&gt; &amp; *b*"'],
    ['discord', '"title":"a\\\\<!here>","value":"\\\\<!channel> & \\\\*b\\\\*"'],
    ['webex', '>**a&lt;!here&gt;**: &lt;!channel&gt; &amp; \\\\*b\\\\*\\n'],
    ['lark', 'a&#60;!here&#62;: &#60;!channel&#62; & &#42;b&#42;\\n'],
    ['zulip', '* `a<!here>`: `<!channel> & *b*`\n'],
  ])('is text too, in %s: %s', (name, shown) => {
    expect(bodyOf(name, { metadata })).toContain(shown)
  })

  it.each([
    ['slack, incoming webhook', '"author_name":"kustomization/a&lt;b&gt;.flux-system"'],
    ['webex', '**kustomization/a&lt;b&gt;.flux-system**'],
    ['zulip', 'ℹ️ `Kustomization/flux-system/a<b>`\n'],
  ])('such as the name of an object, in %s', (name, shown) => {
    expect(bodyOf(name, { name: 'a<b>' })).toContain(shown)
  })

  it.each([
    ['slack, incoming webhook', '<!here> <https://e.x|runbook>'],
    ['discord', '[runbook](https://e.x)'],
    ['lark', '<at id=all></at> [runbook](https://e.x)'],
    ['googlechat', '<a href="https://e.x">runbook</a>'],
    ['webex', '<@all> [runbook](https://e.x)'],
    ['msteams, workflow', '[runbook](https://e.x)'],
    ['zulip', '@**all** [runbook](https://e.x)'],
  ])('stays the markup that it is where the Alert has it, in %s', (name, summary) => {
    const body = bodyOf(name, { metadata: { summary }, authored: ['summary'] })
    expect(body).toContain(name === 'zulip' ? `* \`summary\`: ${summary}\n` : json(summary))
    expect(bodyOf(name, { metadata: { summary } })).not.toContain(
      name === 'zulip' ? `: ${summary}\n` : json(summary),
    )
  })

  it('mentions whom the Alert mentions, in Matrix and Telegram', () => {
    const texts = { metadata: { summary: '@room @ana' }, authored: ['summary'] }
    expect(bodyOf('matrix', texts)).toContain('"m.mentions":{"room":true}')
    expect(bodyOf('telegram', texts)).toContain('*summary*: @room @ana')
  })

  it.each([
    'slack, incoming webhook',
    'discord',
    'rocket',
    'googlechat',
    'zoom',
    'msteams, workflow',
    'msteams, connector',
  ])('is left out without a value, in %s', (name) => {
    const body = bodyOf(name, { metadata: { empty: '', blank: ' ', team: 'web' } })
    expect(body).not.toMatch(/empty|blank/)
    expect(body).toContain('team')
  })

  it('takes a card without any text', () => {
    expect(bodyOf('googlechat', { message: '', metadata: { empty: '' } })).toContain(
      '"sections":[]',
    )
  })
})

describe('Markdown of forges and Zulip', () => {
  const post = (texts: Texts, lineEnd?: string) => markdownPost(notificationWith(texts), lineEnd)

  it.each([
    'merged by @team',
    '(@ana)',
    'fixes #123',
    'see o/r#1',
    'GH-12',
    '!42 and %1',
    '~bug',
    '*.example.com',
    'a `b` c',
    '_x_',
    'got <nil>',
    'a &lt; b',
    '[a](b)',
    '![a](b)',
    '[a]: https://e.x',
    ':tada:',
    'a $x$ b',
    'a\n/close',
    '/assign @me',
    '# a',
    '- a',
    '1. a',
    '> a',
    'a\n===',
    'a\n---',
    '|a|\n|-|',
    'a\n    b',
    'C:\\*',
  ])('makes code of %j', (message) => {
    expect(post({ message })).toContain(`\n\n\`\`\`text\n${message}\n\`\`\`\n\nMetadata:\n`)
  })

  it.each([
    'Applied revision: main@sha1:9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d',
    "health check failed after 1m0.01s: timeout waiting for: [Deployment/a/b status: 'InProgress']",
    'Helm upgrade failed for release apps/webapp with chart webapp@1.4.2: context deadline exceeded',
    "stored artifact for commit 'Update podinfo to 6.9.1'",
    'see https://e.x/a_b/~c?d=e&f=%20#g and 5 < 6, at 09:14:03',
    'Deployment/podinfo/podinfo configured\nService/podinfo/podinfo unchanged',
    'pulled ghcr.io/o/r:v1 in 2.08s & MY_VAR = {"a": 1}',
  ])('leaves %j as it is', (message) => {
    expect(post({ message })).toContain(`\n\n${message}\n\nMetadata:\n`)
  })

  it('closes a fence that the message, or its cut, leaves open', () => {
    expect(post({ message: 'a\n```yaml\nb: c' })).toContain(
      '\n\n````text\na\n```yaml\nb: c\n````\n\nMetadata:\n',
    )
    expect(post({ message: '~~~\n@team' })).toContain('\n\n```text\n~~~\n@team\n```\n\n')
  })

  it.each([
    ['by @team', '* `k`: `by @team`\n'],
    ['a ` b', '* `k`: ``a ` b``\n'],
    ['`', '* `k`: `` ` ``\n'],
    ['a\n\n@team\r\n/close', '* `k`: `a @team /close`\n'],
    ['main@sha1:9e2f', '* `k`: main@sha1:9e2f\n'],
  ])('keeps the metadata %j in its line', (value, shown) => {
    expect(post({ metadata: { k: value } })).toContain(`Metadata:\n${shown}`)
  })

  it('keeps a key in its code', () => {
    expect(post({ metadata: { 'a`b\n@c': 'd' } })).toContain('* ``a`b @c``: d\n')
  })

  it('keeps any number of backticks', () => {
    const value = '`a'.repeat(200_000)
    expect(post({ metadata: { a: value } })).toContain(`* \`a\`: \`\` ${value} \`\`\n`)
  })

  it('keeps lines apart where a plain line end does not', () => {
    expect(post({ message: 'a\nb' }, '  \n')).toContain('\n\na  \nb\n\n')
  })

  it('judges a long text in no time', () => {
    for (const piece of ['[', '<', '~', '$ ', '&a', ':a', '\n ', '`a', '@', 'https://a/']) {
      const started = performance.now()
      post({ message: piece.repeat(20_000) })
      expect(performance.now() - started, piece).toBeLessThan(1_000)
    }
  })
})
