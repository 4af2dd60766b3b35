import type { TransportFailureCause } from '../../relay/ports/http.ts'
import type { MailRefusal } from '../../relay/ports/mail.ts'
import type { NatsRefusal } from '../../relay/ports/nats.ts'
import { readProjectFile } from './project.ts'

/** What a person wrote about a type: `docs/providers/about/TYPE.md`. */
export interface About {
  /** The first sentence. */
  readonly summary: string
  /** All that comes before the errors. */
  readonly text: string
  readonly errors: readonly ErrorAdvice[]
}

/**
 * What to do about an error. Its cause is written in one of five ways, and what the relay makes of
 * all but the last is found out:
 * - answer `404 {"message": "Not Found"}`: the status and the body of an HTTP answer
 * - no answer `dns`: why none came
 * - smtp `550 5.1.1 No such user`: the answer of a server of mail, that to a login with `535 …`
 * - refused `permission Permissions Violation`: what a NATS server objects to, and its words
 * - dead `the event names no commit: …`: the outcome, and the relay's words with … for what differs
 */
export interface ErrorAdvice {
  readonly cause:
    | { readonly kind: 'answer'; readonly status: number; readonly body: string }
    | { readonly kind: 'no answer'; readonly why: TransportFailureCause }
    | { readonly kind: 'refused'; readonly why: NatsRefusal['cause']; readonly detail: string }
    | { readonly kind: 'mail'; readonly refusal: Omit<MailRefusal, 'kind'> }
    | { readonly kind: 'reason'; readonly outcome: string; readonly reason: string }
  readonly advice: string
}

const HEADING = '## What errors mean'
const ROW = /^\| (.+?) \| (.+) \|$/
const ANSWER = /^answer `(\d{3}) ?(.*)`$/
const NO_ANSWER =
  /^no answer `(address-refused|invalid-request|dns|connect|tls|proxy|reset|timeout|protocol)`$/
const REFUSED = /^refused `(credentials|permission|message|size|unavailable) (.+)`$/
const SMTP = /^smtp `([45]\d\d .+)`$/
const REASON = /^(dead|retry|skipped) `(.+)`$/

/** Throws when the file is missing, or is not of the form that the others have. */
export function readAbout(name: string): About {
  const file = `docs/providers/about/${name}.md`
  const [text = '', errors] = readProjectFile(file).split(HEADING)
  if (errors === undefined) throw new Error(`${file}: expected the heading ${HEADING}`)
  const [paragraph = ''] = text.trim().split('\n\n')
  const [summary = ''] = paragraph.replaceAll('\n', ' ').split(/(?<=\.)\s/, 1)
  if (!summary.endsWith('.')) throw new Error(`${file}: expected a sentence first`)
  return { summary, text: text.trim(), errors: readErrors(file, errors) }
}

function readErrors(file: string, text: string): readonly ErrorAdvice[] {
  const rows = text.trim().split('\n').slice(2)
  return rows.map((row) => {
    const [, cause = '', advice = ''] = ROW.exec(row) ?? []
    const read = readCause(cause)
    if (!read) throw new Error(`${file}: the table of errors has a row that is none: ${row}`)
    return { cause: read, advice }
  })
}

function readCause(cell: string): ErrorAdvice['cause'] | undefined {
  const [, status, body = ''] = ANSWER.exec(cell) ?? []
  if (status !== undefined) return { kind: 'answer', status: Number(status), body }
  const [, why] = NO_ANSWER.exec(cell) ?? []
  if (why !== undefined) return { kind: 'no answer', why: why as TransportFailureCause }
  const [, refusal, detail = ''] = REFUSED.exec(cell) ?? []
  if (refusal !== undefined) {
    return { kind: 'refused', why: refusal as NatsRefusal['cause'], detail }
  }
  const [, said = ''] = SMTP.exec(cell) ?? []
  if (said !== '') {
    const cause = /^(?:454|53\d) /.test(said) ? 'credentials' : 'message'
    return { kind: 'mail', refusal: { cause, isPassing: said.startsWith('4'), detail: said } }
  }
  const [, outcome, reason] = REASON.exec(cell) ?? []
  return outcome && reason ? { kind: 'reason', outcome, reason } : undefined
}
