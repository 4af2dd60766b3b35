import { objectName } from '../../model/event.ts'
import type { Notification } from '../contract.ts'
import { latenessLines } from './lateness.ts'
import { codeSpan, literalBlock, literalSpan } from './markdown-literal.ts'
import { isError, sortedMetadata } from './names.ts'
import { markdownTarget } from './texts.ts'

/** The key that says where a comment goes, which its reader sees anyway. */
const CHANGE_REQUEST_KEY = 'change_request'

/**
 * The notification as Markdown, for services that render it. Texts of others are shown literally;
 * what the Alert's author wrote is not escaped. `lineEnd` ends a line of the message within its
 * paragraph.
 */
export function markdownPost(notification: Notification, lineEnd = '\n'): string {
  const { event, authored, link, commitPage } = notification
  const { title = objectName(event.involvedObject) } = notification
  const shown = (key: string, value: string) =>
    literalLink(value, commitPage?.key === key ? commitPage.url : undefined)
  const metadata = sortedMetadata(event)
    .filter(([key]) => key !== CHANGE_REQUEST_KEY)
    .map(([key, value]) => `* ${codeSpan(key)}: ${authored.has(key) ? value : shown(key, value)}\n`)
  const sign = isError(event) ? '⚠️' : 'ℹ️'
  const heading = `${sign} ${literalLink(title, link)}`
  const message = literalBlock(event.message, lineEnd)
  const paragraphs = ['## Flux Status', heading, message, ...latenessLines(notification)]
  return [...paragraphs, `Metadata:\n${metadata.join('')}`].join('\n\n')
}

/** A literal text that leads to a page. Brackets would end it, and Zulip knows no escape of them but code. */
function literalLink(text: string, url: string | undefined): string {
  if (url === undefined) return literalSpan(text)
  const words = /[[\]]/.test(text) ? codeSpan(text) : literalSpan(text)
  return `[${words}](${markdownTarget(url)})`
}
