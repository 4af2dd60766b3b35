import { problem } from '../../relay/intake/problem.ts'
import { problemResponse, textResponse } from '../responses.ts'
import type { Route, ServerDependencies } from '../route.ts'

/** For those who watch the process: Kubernetes and Prometheus. */
export function probeRoutes({ ready, metrics }: ServerDependencies): readonly Route[] {
  return [
    { method: 'GET', path: '/healthz', access: 'anyone', handle: () => textResponse('ok\n') },
    {
      method: 'GET',
      path: '/readyz',
      access: 'anyone',
      handle: () => {
        const reason = ready()
        return reason === undefined
          ? textResponse('ok\n')
          : problemResponse(problem('not-ready', reason))
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      access: 'anyone',
      handle: async () => textResponse(await metrics.text(), metrics.contentType),
    },
  ]
}
