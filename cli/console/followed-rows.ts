import type { StreamRequests } from '../../client/delivery-changes.ts'
import { readEvents, type ServerSentEvent } from '../../client/server-sent-events.ts'
import { UsageError } from '../../client/usage-error.ts'
import { filtersOf } from '../../console/delivery-filters.ts'
import type { ConsoleParts } from '../../hosts/kit/console/routes.ts'
import { ROWS_MISSED, rowEvent, rowLeftEvent } from '../../hosts/kit/console/row-events.ts'
import { type Answer, jsonAnswer, textAnswer } from '../../relay/api/answer.ts'
import { headerOf } from '../../relay/api/http.ts'
import { Delivery, DeliveryLeft } from '../../relay/api/schemas/deliveries.ts'
import { jsonValue } from '../../relay/model/json-value.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import { withCluster } from './requested-relay.ts'

/**
 * The rows of the console's list, as a relay elsewhere tells of their deliveries, from the position of the list on. Where
 * that is not known any more they begin with what comes: a list that is loaded anew would soon be as late again.
 * `cluster`: where the list names none.
 */
export function followedRows(
  requests: StreamRequests,
  clock: Pick<Clock, 'now'>,
  cluster: string | undefined,
): ConsoleParts['live'] {
  return async (request, isSelectable) => {
    const query = new URLSearchParams(request.query)
    const asked = withCluster(new URLSearchParams([...filtersOf(query)]), cluster)
    const seen = headerOf(request, 'last-event-id')
    const opened = await open(requests, asked, seen ?? query.get('after') ?? undefined)
    if ('refusal' in opened) return opened.refusal
    const textOf = (event: ServerSentEvent) => eventText(event, { now: clock.now(), isSelectable })
    const parts = async function* () {
      let isBegun = seen !== undefined
      for await (const events of readEvents(opened.texts)) {
        const told = isBegun ? events : events.filter(({ event }) => event !== 'missed')
        isBegun ||= events.some(({ id }) => id !== undefined)
        if (told.length > 0) yield Buffer.from(told.map(textOf).join(''))
      }
    }
    const headers = { 'X-Accel-Buffering': 'no' }
    const stream = streamOf(parts(), () => opened.close())
    return { ...textAnswer(''), contentType: 'text/event-stream', headers, stream }
  }
}

/** The parts as a stream. Who cancels it may have read none of them, so what they come from is closed then. */
function streamOf(
  parts: AsyncGenerator<Uint8Array>,
  close: () => void,
): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await parts.next()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  )
}

/** Opens the stream from where the browser, or its list, was. That the relay cannot be reached is an answer too. */
async function open(
  requests: StreamRequests,
  parameters: URLSearchParams,
  seen: string | undefined,
): ReturnType<StreamRequests['openDeliveries']> {
  try {
    return await requests.openDeliveries(parameters, seen)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return { refusal: jsonAnswer(502, { detail: error.message }) satisfies Answer }
  }
}

/** What the browser is told of an event of the relay. One that tells nothing keeps the connection in use. */
function eventText(
  { id, event, data }: ServerSentEvent,
  options: Parameters<typeof rowEvent>[1],
): string {
  if (event === 'missed') return ROWS_MISSED
  const delivery = event === 'delivery' ? Delivery.safeParse(jsonValue(data)).data : undefined
  if (delivery !== undefined) return rowEvent(delivery, options, id)
  const left = event === 'left' ? DeliveryLeft.safeParse(jsonValue(data)).data : undefined
  if (left !== undefined) return rowLeftEvent(left, id)
  return id === undefined ? ':\n\n' : `id: ${id}\n\n`
}
