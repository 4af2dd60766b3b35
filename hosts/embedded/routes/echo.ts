import { jsonAnswer, problemAnswer, textAnswer } from '../../../relay/api/answer.ts'
import { headerOf } from '../../../relay/api/http.ts'
import { problem } from '../../../relay/api/problem.ts'
import type { Call, Route } from '../../../relay/api/route.ts'
import type { Echo } from '../echo.ts'

/** More than any chat service takes; the sink keeps only the beginning. */
const MAX_BODY_BYTES = 1024 * 1024

/** The sink of the quickstart: whoever has the key in its path may post. */
export function echoRoutes(echo: Echo): readonly Route[] {
  const post = async (call: Call) => {
    if (!echo.isKey(call.parameters.key ?? '')) {
      return problemAnswer(problem('unknown-path', 'wrong key'))
    }
    const read = await call.readBody()
    if ('problem' in read) return problemAnswer(read.problem)
    echo.take(read.body, headerOf(call.request, 'content-type') ?? '')
    return textAnswer('ok')
  }
  return [
    {
      ...{ method: 'POST', path: '/echo/{key}', access: 'anyone' },
      maxBodyBytes: MAX_BODY_BYTES,
      handle: post,
    },
    {
      ...{ method: 'GET', path: '/echo', access: 'viewer' },
      handle: () => jsonAnswer(200, echo.list()),
    },
  ]
}
