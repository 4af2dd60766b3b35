import type { Event } from '../../model/event.ts'
import type { Notification } from '../contract.ts'

export type Escape = (text: string) => string

/** Leaves a text unchanged, for a field that the service shows as it is. */
export const asIs: Escape = (text) => text

/**
 * The notification with its texts put through `escapeText`, so that the service shows them and acts on
 * none: message, metadata, and by `escapeName` the title and the object's kind, name and namespace. Metadata that
 * the Alert's author wrote stays as it is.
 */
export function escapeTexts(
  notification: Notification,
  escapeText: Escape,
  escapeName: Escape = escapeText,
): Notification {
  const { event, authored, title } = notification
  const { kind, namespace, name } = event.involvedObject
  const metadata = Object.entries(event.metadata).map(([key, value]) =>
    authored.has(key) ? [key, value] : [escapeText(key), escapeText(value)],
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

/** What formats the text around it, wherever it stands; an underscore within a word does not. */
const INLINE_MARK =
  /[*`]|~~|\|\||\\(?=[!-/:-@[-`{-~])|\](?=[([])|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g

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

/** `@name` where it is a word's beginning; `main@sha1:…` mentions nobody. */
const MENTION = /(?<![A-Za-z0-9_])@(?=\w)/g

/**
 * Parts each mention by a space of no width: for services that have no escape and, in code that a
 * text may hold, no certain place for it.
 */
export function partMentions(text: string): string {
  return text.replace(MENTION, '@\u200b')
}
