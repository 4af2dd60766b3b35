import { FLEET, FLEET_SECRETS_NAMESPACE } from '../model/fleet.ts'
import { readFleet } from '../pipeline/fleet.ts'
import type { Ports } from '../ports/ports.ts'
import type { SecretWriter } from '../ports/secret-store.ts'
import { type Answer, jsonAnswer, problemAnswer } from './answer.ts'
import type { RequestBody } from './body.ts'
import { problem } from './problem.ts'
import { putSecret } from './put-secret.ts'

/**
 * Shows the set of the fleet: 200 `{revision, takenAt, providers, objects}` with the Providers as they came and the
 * readiness of each, or 404. Rejects when the store fails.
 */
export async function showFleet({ configs }: Pick<Ports, 'configs'>): Promise<Answer> {
  const fleet = await readFleet(configs)
  if (fleet === undefined) {
    return problemAnswer(problem('no-config', 'the fleet has no Providers yet'))
  }
  const { revision, takenAt, manifests: providers, objects } = fleet
  return jsonAnswer(200, {
    revision,
    takenAt: new Date(takenAt).toISOString(),
    providers,
    objects,
  })
}

/** A request that stores one Secret of the fleet: a JSON object of its decoded keys. */
export interface FleetSecretRequest extends RequestBody {
  readonly name: string
}

/** Stores a Secret that Providers of the fleet name, as `putSecret` does one of a cluster: 200 `{name, keys}`. */
export async function putFleetSecret(
  secrets: SecretWriter,
  request: FleetSecretRequest,
): Promise<Answer> {
  const place = { cluster: FLEET, namespace: FLEET_SECRETS_NAMESPACE }
  const answer = await putSecret(secrets, { ...request, ...place })
  if (answer.status !== 200) return answer
  const { name, keys }: Record<string, unknown> = JSON.parse(answer.body)
  return jsonAnswer(200, { name, keys })
}
