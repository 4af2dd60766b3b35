import { problemAnswer, textAnswer } from '../../relay/api/answer.ts'
import { problem } from '../../relay/api/problem.ts'
import type { Route } from '../../relay/api/route.ts'

/** What those who watch a process ask for. */
export interface ProbeParts {
  /** Why the process is not ready; undefined when it is. */
  readonly ready: () => string | undefined | Promise<string | undefined>
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
}

/** The routes by which Kubernetes and Prometheus watch the process. */
export function probeRoutes({ ready, metrics }: ProbeParts): readonly Route[] {
  const probe = (path: string, handle: Route['handle']) =>
    ({ method: 'GET', path, access: 'anyone', handle }) as const
  return [
    probe('/healthz', () => textAnswer('ok\n')),
    probe('/readyz', async () => {
      const reason = await ready()
      return reason === undefined ? textAnswer('ok\n') : problemAnswer(problem('not-ready', reason))
    }),
    probe('/metrics', async () => textAnswer(await metrics.text(), metrics.contentType)),
  ]
}
