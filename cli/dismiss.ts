import { Command, InvalidArgumentError } from 'commander'
import { MAX_COMMENT } from '../relay/api/schemas/deliveries.ts'
import { notDeadText } from '../relay/pipeline/dismiss.ts'
import {
  addChangeOptions,
  assertOneChoice,
  type ChangeFlags,
  changeDeliveries,
} from './delivery-change.ts'
import { addRelayOptions } from './relay/options.ts'

interface DismissFlags extends ChangeFlags {
  readonly comment?: string
}

/** What is done with the deliveries. */
const DONE = 'dismissed'

/** `flux-relay dismiss`: puts dead deliveries away that a person has seen. */
export function dismissCommand(): Command {
  const command = new Command('dismiss').description(
    'put dead deliveries away that need no more care: those named, or with --dead all that the options select',
  )
  addChangeOptions(command, DONE).option(
    '--comment <text>',
    'why, for those who look it up later',
    parseComment,
  )
  return addRelayOptions(command).action(dismiss)
}

async function dismiss(
  ids: readonly string[],
  flags: DismissFlags,
  command: Command,
): Promise<void> {
  assertOneChoice(ids, command)
  const { comment } = flags
  const request = comment === undefined ? {} : { comment }
  await changeDeliveries(ids, flags, {
    done: DONE,
    nothing: 'nothing was dismissed',
    question: (count) => `Dismiss ${count} deliveries?`,
    result: DONE,
    refusal: ({ outcome }) =>
      outcome === 'dead' || outcome === DONE ? undefined : notDeadText(outcome),
    change: (api, id) => api.dismiss(id, request),
  })
}

function parseComment(text: string): string {
  const comment = text.trim()
  if (comment !== '' && comment.length <= MAX_COMMENT) return comment
  throw new InvalidArgumentError(`expected a text of at most ${MAX_COMMENT} characters.`)
}
