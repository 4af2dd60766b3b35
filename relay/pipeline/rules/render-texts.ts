import { CelError } from '../../cel/cel-error.ts'
import type { RuleVariables } from '../../cel/condition.ts'
import { type Event, MAX_MESSAGE_LENGTH, readableEvent } from '../../model/event.ts'
import { cutText, ellipsize } from '../../model/text.ts'
import { RuleError } from './rule-error.ts'
import type { RuleTexts } from './rule-texts.ts'

/** The longest title, in UTF-16 units. Services cut a longer one, or refuse it. */
const MAX_TITLE_LENGTH = 150

/** The longest text of a field, in UTF-16 units. */
const MAX_FIELD_LENGTH = 1_000

/** An event with its final metadata, and the keys of it whose text the Alert's author wrote. */
export interface MergedTexts {
  readonly event: Event
  readonly authored: ReadonlySet<string>
}

/** An event with the texts of its rules. */
export interface RenderedTexts extends MergedTexts {
  readonly title?: string
  /** The text of the rule `text`, which is the event's message too. */
  readonly text?: string
  /** The URL of the rule `link`. */
  readonly link?: string
  /** The name of the thread of the rule `thread`. */
  readonly thread?: string
  /** Which text could not be made, and why: what is sent without the rule is sent then. */
  readonly notes: readonly string[]
}

/** Makes the texts of a delivery. */
export function renderTexts(
  merged: MergedTexts,
  { title, text, fields = [], link, thread }: RuleTexts,
  variables: RuleVariables,
): RenderedTexts {
  const notes: string[] = []
  const orNote = <T>(name: string, make: () => T): T | undefined => {
    try {
      return make()
    } catch (error) {
      if (!(error instanceof CelError || error instanceof RuleError)) throw error
      notes.push(`the rule ${name} has no effect, as it failed: ${error.message}`)
      return undefined
    }
  }
  const message = orNote('text', () => text?.render(variables).trim()) || undefined
  const heading = orNote('title', () => title?.render(variables).trim()) || undefined
  const page = orNote('link', () => link?.render(variables))
  const threadName = orNote('thread', () => thread?.nameFor(merged.event, variables)) || undefined
  const metadata = new Map(Object.entries(merged.event.metadata))
  const authored = new Set(merged.authored)
  for (const field of fields) {
    const made = orNote(`fields (${field.name})`, () => field.text.render(variables).trim())
    if (made === undefined) continue
    authored.delete(field.name)
    if (made === '') metadata.delete(field.name)
    else metadata.set(field.name, ellipsize(made, MAX_FIELD_LENGTH))
  }
  const event = readableEvent({
    ...merged.event,
    ...(message !== undefined && { message: cutText(message, MAX_MESSAGE_LENGTH) }),
    metadata: Object.fromEntries(metadata),
  })
  return {
    event,
    authored,
    ...(message !== undefined && { text: event.message }),
    ...(heading !== undefined && {
      title: ellipsize(heading.replace(/\s+/g, ' '), MAX_TITLE_LENGTH),
    }),
    ...(page !== undefined && { link: page }),
    ...(threadName !== undefined && { thread: threadName }),
    notes,
  }
}
