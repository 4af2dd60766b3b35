import type { RelayRequests } from '../../client/requests.ts'
import type { StorePorts } from '../../functions/shared/ports.ts'
import type { Answer } from '../../relay/api/answer.ts'
import { putFleetSecret, showFleet } from '../../relay/api/fleet.ts'
import { putFleetConfig } from '../../relay/api/put-config.ts'
import { clustersInFleet } from '../../relay/pipeline/fleet.ts'
import type { HostRules } from '../../relay/pipeline/reconcile.ts'
import { judgeAgain, judgeFleetAgain } from '../../relay/pipeline/rejudge.ts'
import { noPause } from '../../relay/pipeline/slices.ts'
import type { SecretWriter } from '../../relay/ports/secret-store.ts'
import { warnLine } from '../output/print.ts'
import { awsError } from './on-aws.ts'

/** What changing the fleet of a stack needs. */
export interface StackFleetParts {
  readonly ports: StorePorts
  readonly secrets: SecretWriter
  readonly host: HostRules
  /** Sends what waits in a cluster; it never rejects. */
  wake(cluster: string): Promise<void>
}

type FleetRequests = Pick<RelayRequests, 'putFleetConfig' | 'showFleetConfig' | 'putFleetSecret'>

/** Changes and shows the fleet of a stack, as a relay that serves HTTP does. */
export function stackFleet(parts: StackFleetParts): FleetRequests {
  const { ports, secrets, host } = parts
  return {
    putFleetConfig: async (body) => told(parts, await putFleetConfig(ports, body, noPause, host)),
    showFleetConfig: () => showFleet(ports),
    putFleetSecret: async (name, body) =>
      told(parts, await putFleetSecret(secrets, { ...body, name })),
  }
}

/** What was put is stored, whatever comes of the rest, for which a person may lack the rights. */
async function told(parts: StackFleetParts, answer: Answer): Promise<Answer> {
  if (answer.status !== 200) return answer
  const { ports, host, wake } = parts
  try {
    await judgeFleetAgain(ports, noPause, host)
    const clusters = (await ports.configs.clustersSeen()).map(({ cluster }) => cluster)
    for await (const cluster of clustersInFleet(ports.configs, clusters)) {
      await judgeAgain(ports, cluster, noPause, host)
      await wake(cluster)
    }
  } catch (error) {
    warnLine(
      `stored; what it makes ready in clusters shows with their next configuration (${awsError(error).message})`,
    )
  }
  return answer
}
