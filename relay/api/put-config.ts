import { z } from 'zod'
import type { ConfigSnapshot } from '../model/config.ts'
import { type FieldError, fieldErrors, fieldErrorText } from '../model/errors.ts'
import { type KubernetesObject, namespacedName } from '../model/kubernetes.ts'
import { nameOf } from '../model/parse-objects.ts'
import { parseTimeMs } from '../model/time.ts'
import { readFleet } from '../pipeline/fleet.ts'
import { type HostRules, reconcile, reconcileFleet } from '../pipeline/reconcile.ts'
import { noPause, type Pause, slicesOf } from '../pipeline/slices.ts'
import type { Ports } from '../ports/ports.ts'
import { type Answer, jsonAnswer, problemAnswer, unavailableAnswer } from './answer.ts'
import { MAX_CONFIG_BYTES, type RequestBody, readLargeJsonObject } from './body.ts'
import { MAX_NESTING, nestsDeeperThan } from './json.ts'
import { type Problem, problem } from './problem.ts'

/** How far ahead of the relay's clock a cluster's clock may be. */
const MAX_CLOCK_SKEW_MS = 5 * 60_000

/** The most values of a configuration: 10,000 Alerts of thirty values each, and 200,000 more. */
export const MAX_CONFIG_VALUES = 500_000

const CONFIG_LIMITS = { bytes: MAX_CONFIG_BYTES, values: MAX_CONFIG_VALUES }

const Time = z.string().transform((text, context) => {
  const time = parseTimeMs(text)
  if (time !== undefined) return time
  context.addIssue('expected an RFC 3339 time such as 2026-11-20T09:14:03Z')
  return z.NEVER
})

/**
 * The schema of an object of one kind. An object without a kind, as in a Kubernetes list, gets it
 * here.
 */
function objectOf(kind: 'Alert' | 'Provider' | 'Silence') {
  return z
    .record(z.string(), z.unknown())
    .refine((value) => !nestsDeeperThan(value, MAX_NESTING), {
      error: `expected at most ${MAX_NESTING} levels of nesting`,
    })
    .refine((value) => (value.kind ?? kind) === kind, { path: ['kind'], error: `expected ${kind}` })
    .transform((value): KubernetesObject => ({ ...value, kind }))
}

/** The schema of the body. The objects of the lists are validated one by one. */
const ConfigBody = z.object({
  takenAt: Time,
  alerts: z.array(z.unknown()),
  providers: z.array(z.unknown()),
  silences: z.array(z.unknown()).default([]),
})

/** The most Providers of the fleet: each is compiled for every cluster that uses one. */
export const MAX_FLEET_PROVIDERS = 500

/** The schema of the body of the fleet's set, which has no Alerts. */
const FleetBody = z
  .object({ takenAt: Time, providers: z.array(z.unknown()).max(MAX_FLEET_PROVIDERS) })
  .transform((set) => ({ ...set, alerts: [], silences: [] }))

const LISTS = {
  alerts: objectOf('Alert'),
  providers: objectOf('Provider'),
  silences: objectOf('Silence'),
}

/** How many objects are checked without a pause: about a millisecond of work. */
const SLICE = 100

type Issues = z.ZodError['issues']

async function readList(
  list: keyof typeof LISTS,
  values: readonly unknown[],
  pause: Pause,
): Promise<{ readonly objects: readonly KubernetesObject[]; readonly issues: Issues }> {
  const objects: KubernetesObject[] = []
  const issues: Issues = []
  for (const slice of slicesOf(values.entries(), SLICE)) {
    await pause()
    for (const [index, value] of slice) {
      const parsed = LISTS[list].safeParse(value)
      if (parsed.success) objects.push(parsed.data)
      else {
        const within = (issue: Issues[number]) => ({ ...issue, path: [list, index, ...issue.path] })
        issues.push(...parsed.error.issues.map(within))
      }
    }
  }
  return { objects, issues }
}

/** A request that replaces a cluster's whole set of Alerts, Providers and Silences. */
export interface ConfigRequest extends RequestBody {
  readonly cluster: string
  /** The version of the shipper that sends it; absent for any other sender. */
  readonly shipper?: string | undefined
}

/**
 * Replaces a cluster's set: 200 `{revision, objects: [{kind, namespace, name, ready, reason,
 * message}]}`; 409 when the stored set was taken later; 503 when a store fails. Waits for `pause`
 * between parts of a large set. `host` is for `reconcile`.
 */
export async function putConfig(
  ports: Pick<Ports, 'configs' | 'secrets' | 'clock'>,
  request: ConfigRequest,
  pause: Pause = noPause,
  host: HostRules = {},
): Promise<Answer> {
  const read = await readSet(request, ConfigBody, ports.clock.now(), pause)
  if ('problem' in read) return problemAnswer(read.problem)
  const { cluster, shipper } = request
  const { manifests, takenAt } = read
  const surroundings = { ...host, fleet: () => readFleet(ports.configs) }
  return store(ports, shipper, () =>
    reconcile(cluster, manifests, takenAt, ports.secrets, pause, surroundings),
  )
}

/** Replaces the set of the fleet, as `putConfig` does that of a cluster. */
export async function putFleetConfig(
  ports: Pick<Ports, 'configs' | 'secrets' | 'clock'>,
  request: RequestBody,
  pause: Pause = noPause,
  host: HostRules = {},
): Promise<Answer> {
  const read = await readSet(request, FleetBody, ports.clock.now(), pause)
  if ('problem' in read) return problemAnswer(read.problem)
  const { manifests, takenAt } = read
  return store(ports, undefined, () =>
    reconcileFleet(manifests, takenAt, ports.secrets, pause, host),
  )
}

/** Stores a set once it is judged, unless the stored one was taken later. */
async function store(
  ports: Pick<Ports, 'configs'>,
  shipper: string | undefined,
  judge: () => Promise<ConfigSnapshot>,
): Promise<Answer> {
  try {
    const snapshot = await judge()
    if ((await ports.configs.replace(snapshot, shipper)) === 'stale') {
      return problemAnswer(await staleProblem(ports, snapshot))
    }
    return jsonAnswer(200, { revision: snapshot.revision, objects: snapshot.objects })
  } catch (cause) {
    const detail = 'the configuration could not be stored; send the request again'
    return unavailableAnswer(detail, cause)
  }
}

type ReadConfig =
  | { readonly manifests: readonly KubernetesObject[]; readonly takenAt: number }
  | { readonly problem: Problem }

async function readSet(
  request: RequestBody,
  schema: typeof ConfigBody | typeof FleetBody,
  now: number,
  pause: Pause,
): Promise<ReadConfig> {
  const read = await readLargeJsonObject(request, CONFIG_LIMITS, pause)
  if ('problem' in read) return read
  await pause()
  const parsed = schema.safeParse(read.object)
  if (!parsed.success) return { problem: invalid(fieldErrors(parsed.error.issues)) }
  const { takenAt } = parsed.data
  const alerts = await readList('alerts', parsed.data.alerts, pause)
  const providers = await readList('providers', parsed.data.providers, pause)
  const silences = await readList('silences', parsed.data.silences, pause)
  const issues = [...alerts.issues, ...providers.issues, ...silences.issues]
  if (issues.length > 0) return { problem: invalid(fieldErrors(issues)) }
  if (takenAt > now + MAX_CLOCK_SKEW_MS) {
    const message = `is in the future; the time here is ${isoTime(now)}`
    return { problem: invalid([{ field: 'takenAt', message }]) }
  }
  const repeated = [
    ...repeatedNames('alerts', alerts.objects),
    ...repeatedNames('providers', providers.objects),
    ...repeatedNames('silences', silences.objects),
  ]
  if (repeated.length > 0) return { problem: invalid(repeated) }
  const manifests = [...alerts.objects, ...providers.objects, ...silences.objects]
  return { manifests, takenAt }
}

/**
 * The errors for objects with the same name. An object without a name is left to `reconcile`, which
 * reports it.
 */
function repeatedNames(field: string, objects: readonly KubernetesObject[]): FieldError[] {
  const seen = new Set<string>()
  return objects.flatMap((object, index) => {
    const identity = nameOf(object)
    const name = namespacedName(identity)
    if (identity.name !== '' && seen.has(name)) {
      return [{ field: `${field}[${index}]`, message: `another object is named ${name} too` }]
    }
    seen.add(name)
    return []
  })
}

function invalid(errors: readonly FieldError[]): Problem {
  const [first] = errors
  return problem('not-valid', first ? fieldErrorText(first) : 'not valid', { errors })
}

async function staleProblem(
  ports: Pick<Ports, 'configs'>,
  { cluster, takenAt }: Pick<ConfigSnapshot, 'cluster' | 'takenAt'>,
) {
  const stored = await ports.configs.read(cluster)
  const isStored = typeof stored === 'object'
  const storedAt = isStored ? isoTime(stored.takenAt) : 'later'
  // Shippers of commit 591c4aa read the time from this text: it stays word for word until 1.0.
  const detail = `takenAt: the set was taken at ${isoTime(takenAt)}, and the stored one at ${storedAt}`
  return problem('stale-config', detail, isStored ? { storedAt } : {})
}

function isoTime(time: number): string {
  return new Date(time).toISOString()
}
