import { type Event, objectName } from '../../model/event.ts'
import { isError, sortedMetadata } from './names.ts'

/** Says where a comment goes, which its reader sees. */
const CHANGE_REQUEST_KEY = 'change_request'

/** The event as Markdown, for services that render it. Texts go in as they are. */
export function markdownPost(event: Event): string {
  const metadata = sortedMetadata(event)
    .filter(([key]) => key !== CHANGE_REQUEST_KEY)
    .map(([key, value]) => `* \`${key}\`: ${value}\n`)
  const sign = isError(event) ? '⚠️' : 'ℹ️'
  const heading = `${sign} ${objectName(event.involvedObject)}`
  return ['## Flux Status', heading, event.message, `Metadata:\n${metadata.join('')}`].join('\n\n')
}
