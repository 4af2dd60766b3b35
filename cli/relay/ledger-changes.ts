import { setTimeout as wait } from 'node:timers/promises'
import { refusalText } from '../../client/answers.ts'
import type { DeliveryChanges } from '../../client/delivery-changes.ts'
import { UsageError } from '../../client/usage-error.ts'
import { problemAnswer } from '../../relay/api/answer.ts'
import { readStreamQuery } from '../../relay/api/delivery-query.ts'
import { listedView } from '../../relay/api/delivery-view.ts'
import type { ListedRecord } from '../../relay/model/delivery.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import { BEAT_MS, lookAt, type TailSource } from './tail-look.ts'
import { TailState } from './tail-state.ts'

/**
 * The deliveries of a ledger that fit the parameters of `GET /v1/deliveries`, as they come or change: it is asked
 * again and again. Rejects with `UsageError` for wrong parameters, and so does reading when the ledger cannot be asked.
 */
export async function ledgerChanges(
  source: TailSource,
  parameters: URLSearchParams,
  clock: Pick<Clock, 'now'>,
): Promise<DeliveryChanges> {
  const read = readStreamQuery(parameters, clock.now())
  if ('problem' in read) throw new UsageError(refusalText(problemAnswer(read.problem)), 1)
  const state = new TailState()
  // What is there by now is no news; a list that is asked for after this has it.
  await lookAt(source, state, clock)
  return changesOf(() => lookAt(source, state, clock), read.wants)
}

async function* changesOf(
  look: () => Promise<readonly ListedRecord[]>,
  wants: (record: ListedRecord) => boolean,
): DeliveryChanges {
  for (;;) {
    await wait(BEAT_MS)
    const changed = (await look()).filter(wants)
    if (changed.length > 0) yield changed.map(listedView)
  }
}
