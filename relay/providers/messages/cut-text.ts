import type { Event } from '../../model/event.ts'
import { sortedMetadata } from './names.ts'

/** Describes what is missing in the shortened form of an event; empty when nothing is. */
export function describeCut(whole: Event, shortened: Event): string {
  if (shortened === whole) return ''
  const length = ({ message }: Event) => [...message].length
  const parts = [
    shortened.message === whole.message
      ? undefined
      : `message (${length(shortened)} of ${length(whole)} characters are sent)`,
    metadataText(shortened) === metadataText(whole) ? undefined : 'metadata',
    shortened.reason === whole.reason ? undefined : 'reason',
  ]
  return parts.filter((part) => part !== undefined).join(', ')
}

function metadataText(event: Event): string {
  return JSON.stringify(sortedMetadata(event))
}
