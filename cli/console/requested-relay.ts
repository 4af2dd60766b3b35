import type { OverviewRequests } from '../../client/overview-requests.ts'
import type { RelayRequests } from '../../client/requests.ts'
import { UsageError } from '../../client/usage-error.ts'
import type { ConsoleRelay } from '../../console/relay.ts'
import { type Answer, jsonAnswer } from '../../relay/api/answer.ts'

/** What a relay elsewhere is asked by. */
export type AskedRelay = RelayRequests & OverviewRequests

/** A relay knows its rules by itself, or its stack tells them. */
const RULES = { noCrossNamespaceRefs: false }

/**
 * The relay that a command names, as the console asks it. `cluster` is that of every list that names none.
 * Why a relay cannot be reached is an answer too, so that the page shows it.
 */
export function requestedRelay(requests: AskedRelay, cluster: string | undefined): ConsoleRelay {
  const within = (parameters: URLSearchParams) => withCluster(parameters, cluster)
  return {
    showOverview: () => answered(() => requests.showOverview()),
    listObjects: (name, parameters) => answered(() => requests.listObjects(name, parameters)),
    listDeliveries: (parameters) => answered(() => requests.listDeliveries(within(parameters))),
    showDelivery: (id) => answered(() => requests.showDelivery(id)),
    replayDelivery: (id) => answered(() => requests.replayDelivery(id)),
    dismissDelivery: (id, body) => answered(() => requests.dismissDelivery(id, body)),
    listEvents: (parameters) => answered(() => requests.listEvents(within(parameters), RULES)),
    showEvent: (id, parameters) =>
      answered(() => requests.showEvent(id, within(parameters), RULES)),
    explainEvent: (body) => answered(() => requests.explainEvent(body, RULES)),
    testProvider: (namespace, name, body) =>
      answered(() => requests.testProvider(namespace, name, body)),
    listSilences: (name) => answered(() => requests.listSilences(name)),
    createSilence: (name, body) => answered(() => requests.createSilence(name, body)),
    expireSilence: (name, id) => answered(() => requests.expireSilence(name, id)),
    listClusters: () => answered(() => requests.listClusters()),
    showConfig: (name) => answered(() => requests.showConfig(name)),
  }
}

/** The parameters of a list, with the cluster of those that name none. */
export function withCluster(
  parameters: URLSearchParams,
  cluster: string | undefined,
): URLSearchParams {
  if (cluster === undefined || parameters.has('cluster')) return parameters
  return new URLSearchParams([...parameters, ['cluster', cluster]])
}

async function answered(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof UsageError) return jsonAnswer(502, { detail: error.message })
    throw error
  }
}
