import type { Pause } from '../../pipeline/slices.ts'
import type { Ports } from '../../ports/ports.ts'
import { type Answer, problemAnswer } from '../answer.ts'
import { headerOf } from '../http.ts'
import { type Call, type Route, routeOf } from '../route.ts'
import { createSilence, expireSilence, listSilences, SILENCE_LIMITS } from '../silences.ts'

/** What the routes for silences need from a host. */
export interface SilenceRouteParts {
  readonly ports: Pick<Ports, 'state' | 'configs' | 'clock'>
  /** Lets other work run on a host that has some. */
  readonly pause?: Pause
  /** Called after a silence was ended, so that what it held back is looked at again. */
  onExpired(cluster: string, id: string): Promise<void>
}

/** Lists, makes and ends the silences of a cluster. */
export function silenceRoutes(parts: SilenceRouteParts): readonly Route[] {
  const { ports } = parts
  return [
    routeOf('listSilences', { handle: ({ cluster }) => listSilences(ports, cluster, parts.pause) }),
    routeOf('createSilence', {
      maxBodyBytes: SILENCE_LIMITS.bytes,
      handle: (call) => create(ports, call),
    }),
    routeOf('expireSilence', {
      handle: ({ cluster, parameters, operator }) =>
        endSilence(parts, cluster, parameters.id ?? '', operator?.name),
    }),
  ]
}

async function create(ports: SilenceRouteParts['ports'], call: Call): Promise<Answer> {
  const read = await call.readBody()
  if ('problem' in read) return problemAnswer(read.problem)
  const contentEncoding = headerOf(call.request, 'content-encoding')
  const request = { body: read.body, contentEncoding }
  return createSilence(ports, call.cluster, request, call.operator?.name)
}

/** Ends a silence, and calls `onExpired` afterwards. */
export async function endSilence(
  { ports, onExpired }: Omit<SilenceRouteParts, 'pause'>,
  cluster: string,
  id: string,
  by?: string,
): Promise<Answer> {
  const answer = await expireSilence(ports, cluster, id, by)
  if (answer.status === 200) await onExpired(cluster, id)
  return answer
}
