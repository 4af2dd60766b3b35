import type { Answer } from '../../../relay/api/answer.ts'
import type { RequestBody } from '../../../relay/api/body.ts'
import { showFleet } from '../../../relay/api/fleet.ts'
import { type ConfigRequest, putConfig, putFleetConfig } from '../../../relay/api/put-config.ts'
import { showConfig } from '../../../relay/api/show-config.ts'
import type { HostRules } from '../../../relay/pipeline/reconcile.ts'
import { judgeAgain, judgeFleetAgain } from '../../../relay/pipeline/rejudge.ts'
import type { Ports } from '../../../relay/ports/ports.ts'
import type { TurnGate } from '../turn-gate.ts'

/** What the server does with the configurations of clusters. */
export interface Configurations {
  /** Stores a set, as `putConfig` does. */
  put(request: ConfigRequest): Promise<Answer>
  /** Shows a set, as `showConfig` does. */
  show(cluster: string): Promise<Answer>
  /** See `judgeAgain`. */
  judgeAgain(cluster: string): Promise<void>
  /** The same for the set of the fleet, which is small. */
  readonly fleet: {
    put(request: RequestBody): Promise<Answer>
    show(): Promise<Answer>
    judgeAgain(): Promise<void>
  }
}

/** Does all of it in the event loop, a part at a time. */
export function configurationsInTurns(
  ports: Pick<Ports, 'configs' | 'secrets' | 'clock'>,
  gate: TurnGate,
  host: HostRules = {},
): Configurations {
  const pause = () => new Promise<void>(gate.goOn)
  return {
    async put(request) {
      await gate.begin(request.cluster)
      return putConfig(ports, request, pause, host)
    },
    show: (cluster) => showConfig(ports, cluster),
    judgeAgain: (cluster) => judgeAgain(ports, cluster, pause, host),
    fleet: {
      put: (request) => putFleetConfig(ports, request, pause, host),
      show: () => showFleet(ports),
      judgeAgain: () => judgeFleetAgain(ports, pause, host),
    },
  }
}
