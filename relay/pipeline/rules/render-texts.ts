import { CelError } from '../../cel/cel-error.ts'
import type { RuleVariables } from '../../cel/condition.ts'
import type { Template } from '../../cel/template.ts'
import { type Event, MAX_MESSAGE_LENGTH, readableEvent } from '../../model/event.ts'
import { cutText, ellipsize } from '../../model/text.ts'
import type { RuleTexts } from './rules.ts'

/** The longest title, in UTF-16 units. Services cut a longer one, or refuse it. */
const MAX_TITLE_LENGTH = 150

/** An event with the texts of its rules. */
export interface RenderedTexts {
  /** The event, with its message replaced if there is a rule `text`. */
  readonly event: Event
  readonly title?: string
  /** Which text could not be made, and why: what is sent without the rule is sent then. */
  readonly notes: readonly string[]
}

/** Makes the texts of a delivery. `event` has its final metadata. */
export function renderTexts(
  event: Event,
  { title, text }: RuleTexts,
  variables: RuleVariables,
): RenderedTexts {
  const notes: string[] = []
  const rendered = (name: string, template: Template | undefined) => {
    try {
      const made = template?.render(variables).trim() ?? ''
      return made === '' ? undefined : made
    } catch (error) {
      if (!(error instanceof CelError)) throw error
      notes.push(`the rule ${name} has no effect, as it failed: ${error.message}`)
      return undefined
    }
  }
  const message = rendered('text', text)
  const heading = rendered('title', title)?.replace(/\s+/g, ' ')
  return {
    event:
      message === undefined
        ? event
        : readableEvent({ ...event, message: cutText(message, MAX_MESSAGE_LENGTH) }),
    ...(heading !== undefined && { title: ellipsize(heading, MAX_TITLE_LENGTH) }),
    notes,
  }
}
