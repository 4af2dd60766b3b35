import type { OperationName } from '../../relay/api/operations.ts'
import type { Answer } from '../../relay/intake/answer.ts'
import { listDeliveries, replayDelivery, showDelivery } from '../../relay/intake/deliveries.ts'
import { answerResponse } from '../responses.ts'
import { type RequestContext, type Route, routeOf, type ServerDependencies } from '../route.ts'

/** Lists, shows and replays deliveries. */
export function deliveryRoutes({ ports, log }: ServerDependencies): readonly Route[] {
  const route = (name: OperationName, answer: (context: RequestContext) => Promise<Answer>) =>
    routeOf(name, async (context) => answerResponse(await answer(context), log))
  return [
    route('listDeliveries', ({ req }) => listDeliveries(ports, new URL(req.url).searchParams)),
    route('showDelivery', ({ req }) => showDelivery(ports, req.param('id') ?? '')),
    route('replayDelivery', ({ req }) => replayDelivery(ports, req.param('id') ?? '')),
  ]
}
