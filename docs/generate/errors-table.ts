import { outcomeOf } from '../../relay/model/delivery.ts'
import type { TransportFailure, TransportFailureCause } from '../../relay/ports/http.ts'
import type { ErrorAdvice } from './about.ts'
import { deliverEvents } from './deliver.ts'
import type { Example } from './example.ts'
import { inlineCode, markdownTable } from './markdown.ts'
import type { DestinationAnswers, HttpAnswer, MailAnswer, NatsAnswer } from './recorder.ts'
import { httpAnswer, isPreparation, SUCCESSES } from './stand-in.ts'

/** What the ledger says of each error, found out by a delivery that meets it, and what to do. */
export async function errorsTable(
  example: Example,
  errors: readonly ErrorAdvice[],
): Promise<string> {
  const rows: string[][] = []
  for (const { cause, advice } of errors) {
    const { outcome, reason } = cause.kind === 'reason' ? cause : await conclusionOf(example, cause)
    rows.push([inlineCode(reason), outcome, advice])
  }
  return markdownTable(['The ledger says', 'Outcome', 'What to do'], rows)
}

type Met = Exclude<ErrorAdvice['cause'], { kind: 'reason' }>

/** What asks who we are, or for a token, goes well. */
function answersOf(cause: Met): DestinationAnswers {
  return {
    http(request) {
      if (cause.kind === 'refused' || cause.kind === 'mail' || isPreparation(request)) {
        return SUCCESSES.http(request)
      }
      return httpAnswerOf(cause)
    },
    nats: () => natsAnswerOf(cause),
    mail: () => mailAnswerOf(cause),
  }
}

function httpAnswerOf(cause: Exclude<Met, { kind: 'refused' | 'mail' }>): HttpAnswer {
  return cause.kind === 'answer' ? httpAnswer(cause.status, cause.body) : unanswered(cause.why)
}

function natsAnswerOf(cause: Met): NatsAnswer {
  if (cause.kind === 'answer' || cause.kind === 'mail') return SUCCESSES.nats()
  if (cause.kind === 'no answer') return unanswered(cause.why)
  return { kind: 'refused', cause: cause.why, detail: cause.detail }
}

function mailAnswerOf(cause: Met): MailAnswer {
  switch (cause.kind) {
    case 'mail':
      return { kind: 'refused', ...cause.refusal }
    case 'no answer':
      return unanswered(cause.why)
    default:
      return SUCCESSES.mail()
  }
}

function unanswered(cause: TransportFailureCause): TransportFailure {
  return { kind: 'failure', cause, mayHaveArrived: false, detail: '…' }
}

async function conclusionOf(example: Example, cause: Met) {
  const [delivery] = await deliverEvents(example, answersOf(cause), ['error'])
  if (!delivery) throw new Error(`${example.objects.file}: no event was delivered`)
  const { reason } = delivery.record.status
  const outcome = outcomeOf(delivery.record)
  if (outcome !== 'delivered') return { outcome, reason }
  throw new Error(`${example.objects.file}: ${cause.kind} is no error: ${reason}`)
}
