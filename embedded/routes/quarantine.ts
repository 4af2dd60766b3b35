import { listQuarantine, replayQuarantine } from '../../relay/intake/quarantine.ts'
import { answerResponse } from '../responses.ts'
import { type Route, routeOf, type ServerDependencies } from '../route.ts'

/** Lists what was set aside, and puts it back. */
export function quarantineRoutes({ quarantine, log }: ServerDependencies): readonly Route[] {
  return [
    routeOf('listQuarantine', async ({ req }) => {
      const { searchParams } = new URL(req.url)
      return answerResponse(await listQuarantine(quarantine, searchParams), log)
    }),
    routeOf('replayQuarantine', async () =>
      answerResponse(await replayQuarantine(quarantine), log),
    ),
  ]
}
