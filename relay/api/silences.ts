import { type FieldError, fieldErrors, fieldErrorText } from '../model/errors.ts'
import { isActive, MAX_SILENCE_MS, type Silence } from '../model/silence.ts'
import { parseAgoMs, parseTimeMs } from '../model/time.ts'
import {
  isObjectId,
  type ObjectInForce,
  objectsInForce,
} from '../pipeline/silences/silence-objects.ts'
import {
  createSilence as create,
  expireSilence as expire,
  matchProblem,
  readSilences,
  type SilencePorts,
  type WantedSilence,
} from '../pipeline/silences/stored-silences.ts'
import { noPause, type Pause } from '../pipeline/slices.ts'
import type { Ports } from '../ports/ports.ts'
import { type Answer, jsonAnswer, problemAnswer } from './answer.ts'
import { type RequestBody, readJsonObject } from './body.ts'
import { type Problem, problem } from './problem.ts'
import { SilenceToMake, type Silence as SilenceView } from './schemas/silences.ts'

/** The most bytes of a request to make a silence, and the most values in it. */
export const SILENCE_LIMITS = { bytes: 16 * 1024, values: 100 }

/**
 * Lists the silences of a cluster: the objects of its configuration that are in force, and what people made, the
 * newest first: 200 `{cluster, silences}`, or 404 for a cluster without configuration. `pause` lets other work run
 * between them. Rejects when a store fails.
 */
export async function listSilences(
  ports: SilencePorts & Pick<Ports, 'configs'>,
  cluster: string,
  pause: Pause = noPause,
): Promise<Answer> {
  const now = ports.clock.now()
  const [snapshot, made] = await Promise.all([
    ports.configs.read(cluster),
    readSilences(ports, cluster),
  ])
  if (snapshot === undefined) return noConfig(cluster)
  const set = typeof snapshot === 'object' ? snapshot : undefined
  const objects = await objectsInForce(set, now, pause)
  const silences = [
    ...objects.map((object) => objectView(cluster, object)),
    ...made.map((silence) => silenceView(cluster, silence, now)),
  ]
  return jsonAnswer(200, { cluster, silences })
}

/**
 * Makes a silence: 200 with it, 400 for a body that is not valid, 404 for a cluster without configuration, in
 * which nothing could be silenced, or 409 when the cluster has too many. `by` names who asks, if that is
 * known. Rejects when a store fails.
 */
export async function createSilence(
  ports: SilencePorts & Pick<Ports, 'configs'>,
  cluster: string,
  request: RequestBody,
  by?: string,
): Promise<Answer> {
  const now = ports.clock.now()
  const read = readSilence(request, now)
  if ('problem' in read) return problemAnswer(read.problem)
  if ((await ports.configs.read(cluster)) === undefined) {
    return noConfig(cluster)
  }
  const result = await create(ports, cluster, { ...read.wanted, by })
  return result.kind === 'created'
    ? jsonAnswer(200, silenceView(cluster, result.silence, now))
    : problemAnswer(problem('too-many-silences', result.reason))
}

/**
 * Ends a silence: 200 with it, also when it had ended, or 404. `by` names who asks, if that is known. Rejects
 * when the store fails.
 */
export async function expireSilence(
  ports: SilencePorts,
  cluster: string,
  id: string,
  by?: string,
): Promise<Answer> {
  const silence = await expire(ports, cluster, id, by)
  if (silence !== undefined) {
    return jsonAnswer(200, silenceView(cluster, silence, ports.clock.now()))
  }
  const detail = isObjectId(id)
    ? `${id} is part of the configuration of ${cluster}; change or remove it there`
    : `the cluster ${cluster} has no silence of this id`
  return problemAnswer(problem('unknown-silence', detail))
}

function noConfig(cluster: string): Answer {
  return problemAnswer(problem('no-config', `the cluster ${cluster} has no configuration yet`))
}

type ReadSilence = { readonly wanted: Omit<WantedSilence, 'by'> } | { readonly problem: Problem }

function readSilence(request: RequestBody, now: number): ReadSilence {
  const read = readJsonObject(request, SILENCE_LIMITS)
  if ('problem' in read) return read
  const parsed = SilenceToMake.safeParse(read.object)
  if (!parsed.success) return { problem: notValid(fieldErrors(parsed.error.issues)) }
  const { match, reason } = parsed.data
  const wrong = matchProblem(match)
  if (wrong !== undefined) return { problem: notValid([{ field: 'match', message: wrong }]) }
  const end = readEnd(parsed.data, now)
  return 'error' in end
    ? { problem: notValid([end.error]) }
    : { wanted: { match, reason, endsAt: end.at } }
}

function readEnd(
  { duration, endsAt }: SilenceToMake,
  now: number,
): { readonly at: number } | { readonly error: FieldError } {
  if ((duration === undefined) === (endsAt === undefined)) {
    return { error: { field: 'duration', message: 'expected a duration, or endsAt' } }
  }
  const field = duration === undefined ? 'endsAt' : 'duration'
  const lengthMs =
    duration === undefined ? (parseTimeMs(endsAt ?? '') ?? now) - now : parseAgoMs(duration)
  if (lengthMs === undefined) {
    return { error: { field, message: 'expected a duration such as 2h or 3d' } }
  }
  if (lengthMs <= 0) return { error: { field, message: 'expected an end that is still to come' } }
  if (lengthMs > MAX_SILENCE_MS) return { error: { field, message: 'expected at most 31 days' } }
  return { at: now + Math.round(lengthMs) }
}

function notValid(errors: readonly FieldError[]): Problem {
  return problem('not-valid', errors.map(fieldErrorText).join('; '), { errors })
}

/** A silence as the API shows it. Times are RFC 3339, UTC. */
function silenceView(cluster: string, silence: Silence, now: number): SilenceView {
  const { id, match, reason, createdBy, expiry } = silence
  return {
    ...{ id, cluster, match, reason },
    active: isActive(silence, now),
    createdAt: isoTime(silence.createdAt),
    ...(createdBy !== undefined && { createdBy }),
    endsAt: isoTime(silence.endsAt),
    ...(expiry && { expiry: { ...expiry, at: isoTime(expiry.at) } }),
  }
}

function objectView(cluster: string, { endsAt, holdId: _, ...object }: ObjectInForce): SilenceView {
  return { ...object, cluster, active: true, endsAt: isoTime(endsAt) }
}

function isoTime(time: number): string {
  return new Date(time).toISOString()
}
