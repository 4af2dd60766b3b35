import type { Answer } from '../../relay/intake/answer.ts'
import { listDeliveries, replayDelivery, showDelivery } from '../../relay/intake/deliveries.ts'
import { answerResponse } from '../responses.ts'
import type { RequestContext, Route, ServerDependencies } from '../route.ts'

/** Lists, shows and replays deliveries. */
export function deliveryRoutes({ ports, log }: ServerDependencies): readonly Route[] {
  const route = (
    method: Route['method'],
    path: string,
    answer: (context: RequestContext) => Promise<Answer>,
  ): Route => ({
    method,
    path,
    access: 'operator',
    handle: async (context) => answerResponse(await answer(context), log),
  })
  return [
    route('GET', '/v1/deliveries', ({ req }) =>
      listDeliveries(ports, new URL(req.url).searchParams),
    ),
    route('GET', '/v1/deliveries/:id', ({ req }) => showDelivery(ports, req.param('id') ?? '')),
    route('POST', '/v1/deliveries/:id/replay', ({ req }) =>
      replayDelivery(ports, req.param('id') ?? ''),
    ),
  ]
}
