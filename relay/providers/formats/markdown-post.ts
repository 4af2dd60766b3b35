import { objectName } from '../../model/event.ts'
import type { Notification } from '../contract.ts'
import { latenessLines } from './lateness.ts'
import { isError, sortedMetadata } from './names.ts'

/** Says where a comment goes, which its reader sees. */
const CHANGE_REQUEST_KEY = 'change_request'

/** The event as Markdown, for services that render it. Texts go in as they are. */
export function markdownPost(notification: Notification): string {
  const { event } = notification
  const metadata = sortedMetadata(event)
    .filter(([key]) => key !== CHANGE_REQUEST_KEY)
    .map(([key, value]) => `* \`${key}\`: ${value}\n`)
  const sign = isError(event) ? '⚠️' : 'ℹ️'
  const heading = `${sign} ${objectName(event.involvedObject)}`
  const paragraphs = [heading, event.message, ...latenessLines(notification)]
  return ['## Flux Status', ...paragraphs, `Metadata:\n${metadata.join('')}`].join('\n\n')
}
