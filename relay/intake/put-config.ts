import { z } from 'zod'
import { type FieldError, fieldErrors, fieldErrorText } from '../errors.ts'
import { type KubernetesObject, namespacedName } from '../model/kubernetes.ts'
import { parseTimeMs } from '../model/time.ts'
import { nameOf } from '../parse-objects.ts'
import type { Ports } from '../ports.ts'
import { reconcile } from '../reconcile.ts'
import { type Answer, jsonAnswer, problemAnswer } from './answer.ts'
import { MAX_CONFIG_BYTES, type RequestBody, readJsonObject } from './body.ts'
import { MAX_NESTING, nestsDeeperThan } from './json.ts'
import { type Problem, problem } from './problem.ts'

/** How far ahead of the relay's a cluster's clock may be. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000

/** 10,000 Alerts of thirty values each, and as many again. */
export const MAX_CONFIG_VALUES = 500_000

const CONFIG_LIMITS = { bytes: MAX_CONFIG_BYTES, values: MAX_CONFIG_VALUES }

const Time = z.string().transform((text, context) => {
  const time = parseTimeMs(text)
  if (time !== undefined) return time
  context.addIssue('expected an RFC 3339 time such as 2026-11-20T09:14:03Z')
  return z.NEVER
})

/** Objects of one kind. One that does not say its kind, as in a Kubernetes list, gets it here. */
function objectsOf(kind: 'Alert' | 'Provider') {
  const object = z
    .record(z.string(), z.unknown())
    .refine((value) => !nestsDeeperThan(value, MAX_NESTING), {
      error: `expected at most ${MAX_NESTING} levels of nesting`,
    })
    .refine((value) => (value.kind ?? kind) === kind, { path: ['kind'], error: `expected ${kind}` })
    .transform((value): KubernetesObject => ({ ...value, kind }))
  return z.array(object)
}

const ConfigBody = z.object({
  takenAt: Time,
  alerts: objectsOf('Alert'),
  providers: objectsOf('Provider'),
})

/** A request that replaces a cluster's whole set of Alerts and Providers. */
export interface ConfigRequest extends RequestBody {
  readonly cluster: string
}

/**
 * Replaces a cluster's set. 200 `{revision, objects: [{kind, namespace, name, ready, reason,
 * message}]}`; 409 when the stored set was taken later; 503 when a store fails.
 */
export async function putConfig(
  ports: Pick<Ports, 'configs' | 'secrets' | 'clock'>,
  request: ConfigRequest,
): Promise<Answer> {
  const read = readConfig(request, ports.clock.now())
  if ('problem' in read) return problemAnswer(read.problem)
  const { cluster } = request
  try {
    const snapshot = await reconcile(cluster, read.manifests, read.takenAt, ports.secrets)
    if ((await ports.configs.replace(snapshot)) === 'stale') {
      return problemAnswer(await staleProblem(ports, cluster, read.takenAt))
    }
    return jsonAnswer(200, { revision: snapshot.revision, objects: snapshot.objects })
  } catch (cause) {
    const detail = 'the configuration could not be stored; send the request again'
    return problemAnswer(problem(503, detail), cause)
  }
}

type ReadConfig =
  | { readonly manifests: readonly KubernetesObject[]; readonly takenAt: number }
  | { readonly problem: Problem }

function readConfig(request: ConfigRequest, now: number): ReadConfig {
  const read = readJsonObject(request, CONFIG_LIMITS)
  if ('problem' in read) return read
  const parsed = ConfigBody.safeParse(read.object)
  if (!parsed.success) return { problem: invalid(fieldErrors(parsed.error.issues)) }
  const { takenAt, alerts, providers } = parsed.data
  if (takenAt > now + MAX_CLOCK_SKEW_MS) {
    const message = `is in the future; the time here is ${isoTime(now)}`
    return { problem: invalid([{ field: 'takenAt', message }]) }
  }
  const repeated = [...repeatedNames('alerts', alerts), ...repeatedNames('providers', providers)]
  if (repeated.length > 0) return { problem: invalid(repeated) }
  return { manifests: [...alerts, ...providers], takenAt }
}

/** An object without a name is left to `reconcile`, which reports it as not valid. */
function repeatedNames(field: string, objects: readonly KubernetesObject[]): FieldError[] {
  const seen = new Set<string>()
  return objects.flatMap((object, index) => {
    const identity = nameOf(object)
    const name = namespacedName(identity)
    if (identity.name !== '' && seen.has(name)) {
      return [{ field: `${field}[${index}]`, message: `another one is named ${name} too` }]
    }
    seen.add(name)
    return []
  })
}

function invalid(errors: readonly FieldError[]): Problem {
  const [first] = errors
  return problem(400, first ? fieldErrorText(first) : 'not valid', errors)
}

async function staleProblem(ports: Pick<Ports, 'configs'>, cluster: string, takenAt: number) {
  const stored = await ports.configs.read(cluster)
  const storedAt = typeof stored === 'object' ? isoTime(stored.takenAt) : 'later'
  return problem(
    409,
    `takenAt: the set was taken at ${isoTime(takenAt)}, and the stored one at ${storedAt}`,
  )
}

function isoTime(time: number): string {
  return new Date(time).toISOString()
}
