import { listQuarantine, replayQuarantine } from '../../relay/intake/quarantine.ts'
import { answerResponse } from '../responses.ts'
import type { Route, ServerDependencies } from '../route.ts'

/** Lists what was set aside, and puts it back. */
export function quarantineRoutes({ quarantine, log }: ServerDependencies): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/quarantine',
      access: 'operator',
      handle: async ({ req }) => {
        const { searchParams } = new URL(req.url)
        return answerResponse(await listQuarantine(quarantine, searchParams), log)
      },
    },
    {
      method: 'POST',
      path: '/v1/quarantine/replay',
      access: 'operator',
      handle: async () => answerResponse(await replayQuarantine(quarantine), log),
    },
  ]
}
