import { objectName } from '../../model/event.ts'
import type { Notification } from '../contract.ts'
import { latenessLines } from './lateness.ts'
import { codeSpan, literalBlock, literalSpan } from './markdown-literal.ts'
import { isError, sortedMetadata } from './names.ts'

/** The key that says where a comment goes, which its reader sees anyway. */
const CHANGE_REQUEST_KEY = 'change_request'

/**
 * The notification as Markdown, for services that render it. Texts of others are shown literally;
 * what the Alert's author wrote is not escaped. `lineEnd` ends a line of the message within its
 * paragraph.
 */
export function markdownPost(notification: Notification, lineEnd = '\n'): string {
  const { event, authored, title = objectName(event.involvedObject) } = notification
  const metadata = sortedMetadata(event)
    .filter(([key]) => key !== CHANGE_REQUEST_KEY)
    .map(
      ([key, value]) => `* ${codeSpan(key)}: ${authored.has(key) ? value : literalSpan(value)}\n`,
    )
  const sign = isError(event) ? '⚠️' : 'ℹ️'
  const heading = `${sign} ${literalSpan(title)}`
  const message = literalBlock(event.message, lineEnd)
  const paragraphs = ['## Flux Status', heading, message, ...latenessLines(notification)]
  return [...paragraphs, `Metadata:\n${metadata.join('')}`].join('\n\n')
}
