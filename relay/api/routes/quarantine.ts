import type { Quarantine } from '../../ports/quarantine.ts'
import { listQuarantine, replayQuarantine } from '../quarantine.ts'
import { type Route, routeOf } from '../route.ts'

/** Lists what was set aside, and puts it back. */
export function quarantineRoutes(quarantine: Quarantine): readonly Route[] {
  return [
    routeOf('listQuarantine', {
      handle: ({ request }) => listQuarantine(quarantine, new URLSearchParams(request.query)),
    }),
    routeOf('replayQuarantine', { handle: () => replayQuarantine(quarantine) }),
  ]
}
