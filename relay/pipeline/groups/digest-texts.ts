import { MAX_MESSAGE_LENGTH, readableEvent } from '../../model/event.ts'
import type { Digest } from '../../model/stored/group-message.ts'
import { cutText } from '../../model/text.ts'
import type { MergedTexts, RenderedTexts } from '../rules/render-texts.ts'

/**
 * The leader's event, saying what a message says of a whole group. Of its metadata only the keys that the
 * Alert's author wrote stay: all others are about one object.
 */
export function digestTexts(
  { event, authored }: MergedTexts,
  { title, text, severity, reason }: Digest,
): RenderedTexts {
  const metadata = Object.entries(event.metadata).filter(([key]) => authored.has(key))
  const said = readableEvent({
    ...event,
    severity,
    reason,
    message: cutText(text, MAX_MESSAGE_LENGTH),
    metadata: Object.fromEntries(metadata),
  })
  return { event: said, authored, title, notes: [] }
}
