import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import type { DeliveryRecord, LedgerRecord, Pending } from '../model/delivery.ts'
import { fieldErrors, fieldErrorText } from '../model/errors.ts'
import { FLEET } from '../model/fleet.ts'
import { namespacedName } from '../model/kubernetes.ts'
import { nameOf, parseObjects } from '../model/parse-objects.ts'
import type { Provider } from '../model/provider.ts'
import { readFleet } from '../pipeline/fleet.ts'
import { fleetDenial } from '../pipeline/provider-route.ts'
import { newProviderTest, sampleProblem } from '../pipeline/provider-sample.ts'
import { compileProvider, fleetProviders } from '../pipeline/routing-table.ts'
import type { Ports } from '../ports/ports.ts'
import { type Answer, jsonAnswer, problemAnswer } from './answer.ts'
import { type RequestBody, readJsonObject } from './body.ts'
import { deliveryView } from './delivery-view.ts'
import { type Problem, problem } from './problem.ts'
import { TestToSend } from './schemas/provider-test.ts'

/** The most bytes of a test, packed or not. */
export const MAX_TEST_BYTES = 16 * 1024

const LIMITS = { bytes: MAX_TEST_BYTES, values: 100 }

/**
 * Has the relay make the attempt of a test, and resolves with its record. The record waits still when the relay
 * has not come to it for long. Rejects when a store fails.
 */
export type RunTest = (record: DeliveryRecord<Pending>) => Promise<LedgerRecord>

/** A request for a test. */
export interface TestRequest extends RequestBody {
  readonly namespace: string
  readonly name: string
  /** Who asks, if that is known. */
  readonly by?: string | undefined
}

/**
 * Sends a Provider one sample and answers with its record: 200, whatever came of it, or 202 when it waits still.
 * 400 for a body that is not valid or lacks what the Provider's type needs, 404 for a Provider that the cluster
 * does not have or that is not valid. Then nothing is sent or recorded. Rejects when a store fails.
 */
export async function testProvider(
  { configs, clock }: Pick<Ports, 'configs' | 'clock'>,
  request: TestRequest,
  run: RunTest,
): Promise<Answer> {
  const read = readTest(request)
  if ('problem' in read) return problemAnswer(read.problem)
  const { cluster, ...wishes } = read.test
  const found = await findProvider(configs, cluster, request)
  if ('problem' in found) return problemAnswer(found.problem)
  const { provider } = found
  const tested = { cluster, provider, id: randomUUID(), now: clock.now() }
  const { by } = request
  const record = newProviderTest(tested, wishes, by === undefined ? {} : { by })
  const lacking = sampleProblem(compileProvider(provider), record)
  if (lacking !== undefined) return problemAnswer(problem('not-valid', lacking))
  const tried = await run(record)
  return jsonAnswer(tried.status.kind === 'waiting' ? 202 : 200, deliveryView(tried))
}

function readTest(
  request: RequestBody,
): { readonly test: z.output<typeof TestToSend> } | { readonly problem: Problem } {
  const read = readJsonObject(request, LIMITS)
  if ('problem' in read) return read
  const parsed = TestToSend.safeParse(read.object)
  if (parsed.success) return { test: parsed.data }
  const errors = fieldErrors(parsed.error.issues)
  const [first] = errors
  return {
    problem: problem('not-valid', first ? fieldErrorText(first) : 'not valid', { errors }),
  }
}

async function findProvider(
  configs: Ports['configs'],
  cluster: string,
  { namespace, name }: Pick<TestRequest, 'namespace' | 'name'>,
): Promise<{ readonly provider: Provider } | { readonly problem: Problem }> {
  const snapshot = await configs.read(cluster)
  if (typeof snapshot !== 'object') {
    return { problem: problem('no-config', `the cluster ${cluster} has no configuration yet`) }
  }
  const wanted = namespacedName({ namespace, name })
  const manifests = snapshot.manifests.filter(
    (manifest) => manifest.kind === 'Provider' && namespacedName(nameOf(manifest)) === wanted,
  )
  const [provider] = parseObjects(cluster, manifests).providers
  if (provider) return { provider }
  if (namespace === FLEET) return findInFleet(configs, cluster, wanted)
  const judged = snapshot.objects.find(
    (object) => object.kind === 'Provider' && namespacedName(object) === wanted,
  )
  const detail = judged
    ? `the Provider ${wanted} of ${cluster} is not valid: ${judged.message}`
    : `the cluster ${cluster} has no Provider ${wanted}`
  return { problem: problem('unknown-provider', detail) }
}

/** A Provider of the fleet, which is tested as it is for a cluster that may use it. */
async function findInFleet(
  configs: Ports['configs'],
  cluster: string,
  wanted: string,
): Promise<{ readonly provider: Provider } | { readonly problem: Problem }> {
  const fleet = await readFleet(configs)
  const found = fleet && fleetProviders(cluster, fleet).get(wanted)
  if (found === undefined) {
    return { problem: problem('unknown-provider', `the fleet has no valid Provider ${wanted}`) }
  }
  const denial = fleetDenial(found, cluster)
  return denial === undefined
    ? { provider: found.provider }
    : { problem: problem('unknown-provider', denial) }
}
