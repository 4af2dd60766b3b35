import { describe, expect, it } from 'vitest'
import type { Notification } from '../../../relay/providers/contract.ts'
import { markdownPost } from '../../../relay/providers/messages/markdown-post.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'
import { notificationOf, requestsOf, settingsOf } from '../../support/notifications.ts'
import { COMMIT } from '../../support/service-schemas/forge.ts'
import { typeOf } from '../../support/service-schemas/service.ts'
import { SERVICES } from '../../support/service-schemas/services.ts'

const LINK = 'https://e.x/d?a=(b)&c=[d]'
const PAGE = `https://git.example/f/i/commit/${COMMIT}`
const REVISION = `main@sha1:${COMMIT}`

function withLinks(title?: string): Notification {
  const plain = notificationOf('kustomization-health-check-failed')
  return {
    ...plain,
    event: { ...plain.event, metadata: { revision: REVISION } },
    ...(title !== undefined && { title }),
    link: LINK,
    commitPage: { key: 'revision', url: PAGE },
  }
}

/** The texts of the first request, as they are in its JSON or form. */
function bodyOf(name: string, title?: string): string {
  const service = SERVICES.find((candidate) => candidate.name === name)
  if (!service) throw new Error(`no service ${name}`)
  const type = typeOf(service)
  const [request] = requestsOf(
    type,
    withLinks(title),
    settingsOf(type, service.spec, service.secret),
  )
  const body = String(request?.body)
  return /^[{[]/.test(body)
    ? JSON.stringify(JSON.parse(body), null, 1)
    : (new URLSearchParams(body).get('content') ?? '')
}

const quoted = (text: string) => JSON.stringify(text)
const markdown = (words: string, url: string) => `[${words}](${url})`
const ENCODED = 'https://e.x/d?a=%28b%29&c=[d]'

describe('a link', () => {
  it.each([
    ['slack, incoming webhook', `"author_link": ${quoted(LINK)}`],
    ['discord', `"author_link": ${quoted(LINK)}`],
    ['rocket', `"author_link": ${quoted(LINK)}`],
    ['msteams, workflow', `"type": "Action.OpenUrl",\n`],
    ['msteams, connector', `"uri": ${quoted(LINK)}`],
    ['googlechat', `"url": ${quoted(LINK)}`],
    ['webex', `**${markdown('kustomization/podinfo.flux-system', ENCODED)}**`],
    ['telegram', 'https://e.x/d?a=(b\\\\)&c=[d]'],
    ['lark', `"url": ${quoted(LINK)}`],
    ['matrix', `\\n${LINK}\\n`],
    ['zulip', markdown('Kustomization/flux-system/podinfo', ENCODED)],
    ['zoom', `"link": ${quoted(LINK)}`],
    ['pagerduty', `"href": ${quoted(LINK)}`],
    ['incident.io', `"source_url": ${quoted(LINK)}`],
    ['alertmanager', `"generatorURL": ${quoted(LINK)}`],
    ['gitea', `"target_url": ${quoted(LINK)}`],
    ['bitbucket', `"url": ${quoted(LINK)}`],
    ['bitbucketserver', `"url": ${quoted(LINK)}`],
    ['azuredevops', `"targetUrl": ${quoted(LINK)}`],
  ])('of %s is %s', (name, expected) => {
    expect(bodyOf(name)).toContain(expected)
  })

  it.each([
    ['webex', markdown('\\\\[a\\\\]\\\\](b)', ENCODED)],
    ['zulip', markdown('`[a]](b)`', ENCODED)],
  ])('of %s is not ended by its text', (name, expected) => {
    expect(bodyOf(name, '[a]](b)')).toContain(expected)
  })

  it('is not ended by a backslash at the end of its text', () => {
    expect(bodyOf('webex', 'a\\')).toContain(`**${markdown('a\\\\\\\\', ENCODED)}**`)
  })

  it('is known by family: chat and commit statuses have one', () => {
    const linked = (...families: string[]) =>
      [...providerTypes.values()]
        .filter(({ family }) => families.includes(family))
        .map(({ hasLink }) => hasLink === true)
    expect(new Set(linked('chat', 'commit-status', 'change-request'))).toEqual(new Set([true]))
    expect(new Set(linked('stream'))).toEqual(new Set([false]))
  })
})

describe('the name of a commit whose page is known', () => {
  it.each([
    ['slack, incoming webhook', `<${PAGE}|${REVISION}>`],
    ['discord', markdown(REVISION, PAGE)],
    ['rocket', markdown(REVISION, PAGE)],
    ['msteams, workflow', markdown(REVISION, PAGE)],
    ['msteams, connector', markdown(REVISION, PAGE)],
    ['googlechat', `<a href=\\"${PAGE}\\">${REVISION}</a>`],
    ['webex', markdown(REVISION, PAGE)],
    ['telegram', markdown(REVISION, PAGE)],
    ['lark', markdown(REVISION, PAGE)],
    ['matrix', `${REVISION} ${PAGE}`],
    ['zulip', markdown(REVISION, PAGE)],
  ])('leads there at %s', (name, expected) => {
    expect(bodyOf(name)).toContain(expected)
  })

  it('leads nowhere when that would be longer than a field may be', () => {
    const revision = `${'b'.repeat(950)}@sha1:${COMMIT}`
    const plain = withLinks()
    const long = { ...plain, event: { ...plain.event, metadata: { revision } } }
    const type = typeOf({ type: 'discord' })
    const settings = settingsOf(type, {}, { address: 'https://discord.com/api/webhooks/1/x' })
    const [request] = requestsOf(type, long, settings)
    const [{ fields }] = JSON.parse(String(request?.body)).attachments
    expect(fields).toEqual([{ title: 'revision', value: revision, short: false }])
  })

  it('leads there in a comment', () => {
    expect(markdownPost(withLinks())).toContain(`* \`revision\`: ${markdown(REVISION, PAGE)}`)
  })
})
