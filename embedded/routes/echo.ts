import { jsonAnswer } from '../../relay/intake/answer.ts'
import { problem } from '../../relay/intake/problem.ts'
import { readRequestBody } from '../request-body.ts'
import { answerResponse, problemResponse, textResponse } from '../responses.ts'
import type { RequestContext, Route, ServerDependencies } from '../route.ts'

/** More than any chat service takes; the sink keeps only the beginning. */
const MAX_BODY_BYTES = 1024 * 1024

/** The sink of the quickstart: whoever has the key in its path may post. */
export function echoRoutes({ echo, log }: ServerDependencies): readonly Route[] {
  const post = async ({ req, env }: RequestContext) => {
    if (!echo.isKey(req.param('key') ?? ''))
      return problemResponse(problem('unknown-path', 'wrong key'))
    const read = await readRequestBody(env.incoming, MAX_BODY_BYTES)
    if ('problem' in read) return problemResponse(read.problem)
    echo.take(read.body, req.header('content-type') ?? '')
    return textResponse('ok')
  }
  return [
    { method: 'POST', path: '/echo/:key', access: 'anyone', handle: post },
    {
      method: 'GET',
      path: '/echo',
      access: 'operator',
      handle: () => answerResponse(jsonAnswer(200, echo.list()), log),
    },
  ]
}
