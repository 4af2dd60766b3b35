import type { Event } from '../../model/event.ts'
import type { Notification } from '../contract.ts'

export type Escape = (text: string) => string

/** Leaves a text unchanged, for a field that the service shows as it is. */
export const asIs: Escape = (text) => text

/** Makes a text, which is escaped already, lead to a page. */
export type LinkText = (text: string, url: string) => string

/** What a type does with the texts of a notification. */
export interface TextForm {
  /** For message and metadata. */
  readonly text: Escape
  /** For the title and the object's kind, name and namespace; the same as `text` if it is absent. */
  readonly name?: Escape
  /** For the name of a commit whose page is known; without it the name leads nowhere. */
  readonly link?: LinkText
}

/**
 * The notification with its texts in the form of a service, which shows them and acts on none: message, metadata,
 * title and object. Metadata that the Alert's author wrote stays as it is.
 */
export function escapeTexts(notification: Notification, form: TextForm): Notification {
  const { text: escapeText, name: escapeName = escapeText } = form
  const { event, authored, title } = notification
  const { kind, namespace, name } = event.involvedObject
  const metadata = Object.entries(event.metadata).map(([key, value]) =>
    authored.has(key)
      ? [key, value]
      : [escapeText(key), linkCommit(notification, key, escapeText(value), form.link)],
  )
  const escaped: Event = {
    ...event,
    message: escapeText(event.message),
    metadata: Object.fromEntries(metadata),
    involvedObject: {
      ...event.involvedObject,
      kind: escapeName(kind),
      namespace: escapeName(namespace),
      name: escapeName(name),
    },
  }
  return {
    ...notification,
    ...(title !== undefined && { title: escapeName(title) }),
    event: escaped,
  }
}

/** The longest name of a commit with its link, in UTF-16 units: no service takes less for a field. */
const MAX_COMMIT_LENGTH = 1_024

/** The text of a metadata key, which leads to the commit's page if the key names the commit. */
export function linkCommit(
  { commitPage }: Notification,
  key: string,
  text: string,
  link: LinkText | undefined,
): string {
  if (link === undefined || commitPage?.key !== key || text.trim() === '') return text
  const linked = link(text, commitPage.url)
  return linked.length <= MAX_COMMIT_LENGTH ? linked : text
}

/** A link of Markdown, for services that know the escapes of CommonMark. */
export const markdownLink: LinkText = (text, url) => {
  const words = text.replace(/\\[\s\S]|[[\]]/g, (mark) => (mark.length > 1 ? mark : `\\${mark}`))
  return `[${words}](${markdownTarget(url)})`
}

/**
 * A URL as the target of a link of Markdown. What would end it, such as a parenthesis, is percent-encoded, which
 * servers read as the same.
 */
export function markdownTarget(url: string): string {
  return url.replace(/[()<>\\`*|]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** The entities of the characters that begin a tag, a mention or an entity. */
export function escapeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/**
 * A web address, as far as services link it; none of it starts a mention or a tag, or ends the text of
 * a link.
 */
const URL_PATTERN = /(https?:\/\/(?:[^\s<>"'`*\\\]]|\](?![([]))+)/

/** Puts all but web addresses through `escapeText`: an escape would lead elsewhere. */
export function escapeOutsideUrls(text: string, escapeText: Escape): string {
  return text
    .split(URL_PATTERN)
    .map((part, index) => (index % 2 === 1 ? part : escapeText(part)))
    .join('')
}

/** What begins a heading, a quote or a list where it begins a line of Markdown. */
const LINE_MARK = /^([ \t]*)(#{1,6}(?=[ \t])|[-+](?=[ \t])|[-=](?=[-=]*$)|>|\d{1,9}(?=[.)][ \t]))/gm

/**
 * What formats the text around it, wherever it stands; an underscore within a word does not. A backslash at the end
 * would act on what comes behind the text.
 */
const INLINE_MARK =
  /[*`]|~~|\|\||\\(?=[!-/:-@[-`{-~]|$)|\](?=[([])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/gm

/**
 * Puts backslashes before what Markdown would format, be it CommonMark's or near to it; services
 * that know no more than a part of it take them all the same.
 */
export function escapeMarkdown(text: string): string {
  const inline = escapeOutsideUrls(text, (part) => part.replace(INLINE_MARK, '\\$&'))
  return inline.replace(LINE_MARK, (_, space: string, mark: string) =>
    /^\d/.test(mark) ? `${space}${mark}\\` : `${space}\\${mark}`,
  )
}

/**
 * `@name` where it is a word's beginning; `main@sha1:…` mentions nobody. Mattermost does not count an underscore
 * before it as a part of the word.
 */
const MENTION = /(?<![A-Za-z0-9])@(?=\w)/g

/**
 * Parts each mention by a space of no width: for services that have no escape and, in code that a
 * text may hold, no certain place for it.
 */
export function partMentions(text: string): string {
  return text.replace(MENTION, '@\u200b')
}
