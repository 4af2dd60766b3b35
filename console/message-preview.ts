import { isJsonObject, type JsonObject, jsonValue } from '../relay/model/json-value.ts'
import { textField } from './fields.ts'
import { type Html, html } from './html.ts'
import { linkedText } from './linked-text.ts'

/** A message as a chat shows it. */
interface ChatMessage {
  readonly tone: 'good' | 'bad'
  readonly title: string
  readonly text: string
  readonly facts: ReadonlyArray<readonly [string, Shown]>
  /** The page that the message leads to. */
  readonly link?: string
}

/** A text as its reader sees it, and the page that it leads to. */
interface Shown {
  readonly text: string
  readonly url?: string
}

const SERVICES: Readonly<Record<string, string>> = {
  slack: 'Slack',
  msteams: 'Microsoft Teams',
  discord: 'Discord',
  generic: 'JSON of generic',
}

/** How the request of a Provider of this type looks to who gets it. */
export function messagePreview(type: string, body: string): Html {
  const value = jsonValue(body)
  const message = isJsonObject(value) ? messageOf(type, value) : undefined
  const name = SERVICES[type] ?? type
  if (message === undefined) {
    const text = value === undefined ? body : JSON.stringify(value, undefined, 2)
    return html`<section class="sample"><h3 class="step">${name}</h3><pre class="long" tabindex="0"><code>${text}</code></pre></section>\n`
  }
  const { tone, title, text, facts, link } = message
  const rows = facts.map(
    ([fact, told]) => html`<dt>${fact}</dt><dd>${linkedText(told.text, told.url)}</dd>\n`,
  )
  return html`<section class="sample"><h3 class="step">${name}</h3>
<div class="chat is-${type} is-${tone}"><p><b>${link === undefined ? title : linkedText(title, link)}</b></p>
<div class="text long" dir="auto" tabindex="0">${text}</div>
<dl class="facts">
${rows}</dl></div></section>\n`
}

function messageOf(type: string, body: JsonObject): ChatMessage | undefined {
  if (type === 'slack') return attachmentMessage(body, shownBySlack, SLACK_LINK)
  if (type === 'discord') return attachmentMessage(body, withoutEscapes, MARKDOWN_LINK)
  return type === 'msteams' ? cardMessage(body) : undefined
}

/** A message of Slack's form, which Discord takes too. */
function attachmentMessage(body: JsonObject, shown: (text: string) => string, link: RegExp) {
  const [attachment] = listOf(body.attachments)
  if (attachment === undefined) return undefined
  return {
    tone: textField(attachment, 'color') === 'danger' ? 'bad' : 'good',
    title: shown(textField(attachment, 'author_name')),
    text: shown(textField(attachment, 'text')),
    facts: listOf(attachment.fields).map(
      (field) =>
        [shown(textField(field, 'title')), factOf(textField(field, 'value'), shown, link)] as const,
    ),
    ...linkOf(textField(attachment, 'author_link')),
  } satisfies ChatMessage
}

/** An Adaptive Card: its text blocks, of which the first is the title, and its facts. */
function cardMessage(body: JsonObject): ChatMessage | undefined {
  const [attachment] = listOf(body.attachments)
  const { content } = attachment ?? {}
  const [container] = isJsonObject(content) ? listOf(content.body) : []
  if (container === undefined) return undefined
  const items = listOf(container.items)
  const texts = items
    .filter(({ type }) => type === 'TextBlock')
    .map((item) => withoutEscapes(textField(item, 'text')))
  const facts = items.flatMap((item) => listOf(item.facts))
  const [title = '', ...rest] = texts
  return {
    tone: JSON.stringify(items).includes('"attention"') ? 'bad' : 'good',
    title,
    text: rest.join('\n\n'),
    facts: facts.map((fact) => [
      withoutEscapes(textField(fact, 'title')),
      factOf(textField(fact, 'value'), withoutEscapes, MARKDOWN_LINK),
    ]),
    ...linkOf(isJsonObject(content) ? textField(listOf(content.actions)[0] ?? {}, 'url') : ''),
  }
}

/** Links of commits in the texts of services, with the groups `text` and `url`. */
const SLACK_LINK = /^<(?<url>https?:[^|>]+)\|(?<text>[^|>]*)>$/
const MARKDOWN_LINK = /^\[(?<text>.*)\]\((?<url>https?:[^()\s]+)\)$/

function factOf(value: string, shown: (text: string) => string, link: RegExp): Shown {
  const { text = value, url } = link.exec(value)?.groups ?? {}
  return { text: shown(text), ...(url !== undefined && { url: shown(url) }) }
}

function linkOf(url: string) {
  return url === '' ? {} : { link: url }
}

function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

const ENTITIES: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' }

function shownBySlack(text: string): string {
  return text.replaceAll(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity] ?? entity)
}

/** Markdown's escapes, which a reader of the message does not see. */
function withoutEscapes(text: string): string {
  return text.replaceAll(/\\(?=[!-/:-@[-`{-~])/g, '')
}
