import { isGoodEnd } from '../../relay/model/good-ends.ts'
import type { Books } from './accounting.ts'
import { type Entry, isOfRepeat } from './entries.ts'
import { fluxEvent, type SentEvent } from './events.ts'
import { SILENCED } from './routes.ts'

/** An event of one object to one Alert, and what became of it. */
interface Told {
  readonly event: SentEvent
  readonly entry: Entry
}

/**
 * Failures that lasted, and of which an Alert with rules, or one that was silenced, was never told; those that it was told of as ended, and are
 * not; and recoveries from what it was told of that it was not told. Looked for once nothing waits any more.
 */
export function findUntoldFailures({
  entries,
  made,
  retrying,
}: Pick<Books, 'entries' | 'made' | 'retrying'>): readonly string[] {
  if (retrying === 'running') return []
  return ['failing', 'lasting', SILENCED].flatMap((route) => {
    const own = entries.flatMap((entry) => {
      const event = made.get(entry.message)
      const counts = entry.route === route && entry.reminder === undefined && !isOfRepeat(entry)
      return event && counts ? [{ event, entry }] : []
    })
    const byObject = Map.groupBy(own, ({ event }) => event.object)
    return [...byObject.values()].flatMap((told) => {
      const inOrder = told.toSorted((a, b) => a.event.at - b.event.at)
      const last = episodesOf(inOrder).at(-1) ?? []
      const problems = route === 'failing' ? missedOf(inOrder) : []
      return last.length > 0 && !last.some(isDelivered)
        ? [...problems, `a failure that lasts was not told to ${route}: ${textOf(last)}`]
        : problems
    })
  })
}

/** Of each failure at each revision, and of the end of one, `only: failures` tells once. */
function missedOf(told: readonly Told[]): readonly string[] {
  const problems: string[] = []
  let run: Told[] = []
  let isTold = false
  const close = () => {
    if (run.length > 0 && !run.some(isDelivered))
      problems.push(`not told to failing: ${textOf(run)}`)
    isTold ||= run.some(isDelivered)
    run = []
  }
  for (const one of told) {
    const { event } = one
    if (event.severity === 'error') {
      if (run[0] && run[0].event.commit !== event.commit) close()
      run.push(one)
    } else if (isGoodEnd(asEvent(event))) {
      close()
      if (isTold !== isDelivered(one)) {
        problems.push(`${isTold ? 'an end not' : 'no end, and'} told to failing: ${textOf([one])}`)
      }
      isTold = false
    }
  }
  close()
  return problems
}

/** The failures of each time in which an object failed; the last is empty when it works. */
function episodesOf(told: readonly Told[]): readonly (readonly Told[])[] {
  const episodes: Told[][] = [[]]
  for (const one of told) {
    if (one.event.severity === 'error') episodes.at(-1)?.push(one)
    else if (isGoodEnd(asEvent(one.event))) episodes.push([])
  }
  return episodes
}

function asEvent(event: SentEvent) {
  const { involvedObject, severity, reason, reportingController } = fluxEvent(event)
  return { involvedObject, severity, reason, reportingController }
}

function isDelivered({ entry }: Told): boolean {
  return entry.outcome === 'delivered'
}

function textOf(told: readonly Told[]): string {
  return told.map(({ entry }) => `${entry.message}: ${entry.outcome}: ${entry.reason}`).join(' | ')
}
