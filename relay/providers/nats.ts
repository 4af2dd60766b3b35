import { z } from 'zod'
import type { Event } from '../model/event.ts'
import { isNkeySeed, parseNatsCredentials } from '../model/nats-credentials.ts'
import type { NatsCredentials, NatsMessage, NatsPublished, NatsRefusal } from '../ports/nats.ts'
import { classifyFailure } from './answers/classify.ts'
import { customProvider, type Notification, type TryPorts } from './contract.ts'
import { annotationFlag } from './forges/annotation-flag.ts'
import { eventJson } from './messages/event-json.ts'
import { parseNatsServers } from './messages/nats-servers.ts'
import { quotable } from './messages/service-message.ts'
import { CUT_MARK, markCut, shortestForm } from './messages/shortest-form.ts'
import { cutToFit, jsonBytes } from './messages/size-limit.ts'
import { optionalSecretText, optionalText } from './settings.ts'
import type { Failure, Verdict } from './verdict.ts'

interface Settings {
  /** `nats://host:port` or `tls://host:port` each; the first is used that can be reached and lets the relay in. */
  readonly servers: readonly string[]
  readonly subject: string
  /** The Secret's; undefined when it has none. */
  readonly credentials: NatsCredentials | undefined
  /** Those that stand in the address, by server. */
  readonly serverCredentials: ReadonlyMap<string, NatsCredentials>
  /** A stream of JetStream has to store each event. */
  readonly isStored: boolean
  readonly tlsFirst: boolean
}

const Fields = z.object({
  address: optionalText(),
  channel: optionalText(),
  username: optionalText(),
  password: optionalSecretText(),
  secret: z.record(z.string(), z.string()),
  annotations: z.object({
    jetstream: z.string().optional(),
    'tls-first': z.string().optional(),
  }),
})
type Fields = z.infer<typeof Fields>

const Settings = Fields.transform((fields, context): Settings => {
  const issue = (field: keyof Fields, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message })
  const servers = parseNatsServers(fields.address)
  if (fields.address === '') {
    issue('address', 'set spec.address to the server, such as nats://nats.example.com:4222')
  } else if ('error' in servers) issue('address', servers.error)
  const problem = subjectError(fields.channel)
  if (problem !== undefined) issue('channel', problem)
  const known = 'error' in servers ? [] : servers
  const flag = (name: keyof Fields['annotations']) => {
    const value = annotationFlag(fields.annotations, name)
    if (typeof value === 'string') issue('annotations', value)
    return value === true
  }
  return {
    servers: known.map(({ url }) => url),
    subject: fields.channel,
    credentials: credentialsOf(fields, issue),
    serverCredentials: new Map(
      known.flatMap(({ url, credentials }) => (credentials ? [[url, credentials] as const] : [])),
    ),
    isStored: flag('jetstream'),
    tlsFirst: flag('tls-first'),
  }
})

/**
 * NATS: the event as a message on a subject of a server, or of the first of several that can be
 * reached and lets the relay in. https://fluxcd.io/flux/components/notification/providers/#nats
 */
export const nats = customProvider<Settings>({
  type: 'nats',
  family: 'stream',
  settings: Settings,
  host: ({ servers }) => servers.map((server) => new URL(server).host).join(),
  async deliver(notification, settings, tryPorts) {
    const { event, deliveryId } = notification
    const publish = (sent: Event) =>
      publishToFirst(messagesOf(sent, deliveryId, settings), tryPorts)
    const first = await publish(event)
    if (first.tooLong === undefined) return first
    const shortened = shorterThan(first.tooLong, notification)
    if (sizeOf(shortened) >= sizeOf(event)) return first
    const note = `${first.verdict.reason}; published shorter: ${shortened.metadata[CUT_MARK]}`
    return { ...(await publish(shortened)), notes: [note] }
  },
})

/** One message for each server, of which one is to take it. */
function messagesOf(event: Event, deliveryId: string, settings: Settings): readonly NatsMessage[] {
  const { subject, credentials, serverCredentials, isStored, tlsFirst } = settings
  return settings.servers.map((server) => ({
    server,
    ...(tlsFirst && { tlsFirst }),
    subject,
    body: JSON.stringify(eventJson(event)),
    credentials: credentials ?? serverCredentials.get(server) ?? NO_CREDENTIALS,
    ...(isStored && { storeOnceAs: deliveryId }),
  }))
}

/** The event as long as the server takes it, or as short as it goes where a stream says no number. */
function shorterThan({ maxBytes }: NatsRefusal, notification: Notification): Event {
  const { event } = notification
  const shortest = shortestForm(event)
  if (maxBytes === undefined) return markCut(event, shortest)
  const fits = (candidate: Event) => sizeOf(markCut(event, candidate)) <= maxBytes
  const cut = cutToFit(notification, (candidate) => fits(candidate.event))
  if (Object.keys(cut.metadata).length > 0) return markCut(event, cut)
  // Sooner less of the message than none of the revision.
  const { metadata } = shortest
  const { message } = cutToFit(
    { ...notification, event: { ...event, metadata: {} } },
    (candidate) => fits({ ...candidate.event, metadata }),
  )
  return markCut(event, { ...event, message, metadata })
}

function sizeOf(event: Event): number {
  return jsonBytes(eventJson(event))
}

const NO_CREDENTIALS: NatsCredentials = {}

/** Most bytes of a subject; the server bounds the whole line that names it to 4,096. */
const MAX_SUBJECT_BYTES = 1_024

/** https://docs.nats.io/nats-concepts/subjects#characters-allowed-and-recommended-for-subject-names */
function subjectError(subject: string): string | undefined {
  if (subject === '') return 'set spec.channel to the subject to publish to'
  if (/[\s\p{Cc}]/u.test(subject)) return 'a subject must not have spaces or control characters'
  if (/[*>]/.test(subject)) return 'a subject to publish to must not have the wildcards * and >'
  if (subject.split('.').includes('')) return 'a subject must not have empty parts between dots'
  if (Buffer.byteLength(subject) > MAX_SUBJECT_BYTES) {
    return `a subject must not be longer than ${MAX_SUBJECT_BYTES} bytes`
  }
  return undefined
}

type Issue = (field: keyof Fields, message: string) => void

/** The Secret's `creds` before its `nkey`, before user name and password; none are needed. */
function credentialsOf(
  { username, password, secret }: Fields,
  issue: Issue,
): NatsCredentials | undefined {
  const creds = secret.creds?.trim() ?? ''
  const nkeySeed = secret.nkey?.trim() ?? ''
  if (creds !== '') {
    if (parseNatsCredentials(creds) !== undefined) return { creds }
    issue(
      'secret',
      'the Secret key creds is not the text of a .creds file, with a user JWT and its NKey seed',
    )
  } else if (nkeySeed !== '') {
    if (isNkeySeed(nkeySeed)) return { nkeySeed }
    issue('secret', 'the Secret key nkey is not the NKey seed of a user, which starts with SU')
  } else if (password !== '') {
    if (username !== '') return { user: { name: username, password } }
    issue('username', 'the Secret has a password but no username; add it to the Secret')
  } else if (username !== '') {
    issue('password', 'spec.username needs the key password in the Secret named by spec.secretRef')
  }
  return undefined
}

interface Published {
  readonly verdict: Verdict
  /** Present when the message did not go for its length. */
  readonly tooLong?: NatsRefusal
}

/** Publishes to the first server that takes it. One that does not let the relay in is passed, as by Flux's client of NATS. */
async function publishToFirst(
  messages: readonly NatsMessage[],
  tryPorts: TryPorts,
): Promise<Published> {
  const passed: Failure[] = []
  for (const message of messages) {
    const result = await tryPorts.publish(message)
    if (result.kind === 'failure') {
      passed.push(classifyFailure(result))
      if (result.mayHaveArrived) break
    } else {
      const published = judge(result, message)
      if (published.verdict.kind !== 'unauthorized') return published
      passed.push(published.verdict)
    }
  }
  const worthATry =
    passed.findLast(({ kind }) => kind === 'retry') ??
    passed.find(({ kind }) => kind === 'unauthorized') ??
    passed[0]
  if (worthATry === undefined) throw new Error('settings without a server')
  const reason = passed.map(({ reason }) => reason).join('; ')
  return { verdict: { ...worthATry, reason } }
}

type PublishAnswer = Exclude<Awaited<ReturnType<TryPorts['publish']>>, { kind: 'failure' }>

function judge(answer: PublishAnswer, { subject }: NatsMessage): Published {
  if (answer.kind === 'published') {
    return {
      verdict: { kind: 'delivered', reason: storedText(answer) ?? `published to ${subject}` },
    }
  }
  const reason = quotable(answer.detail)
  switch (answer.cause) {
    case 'credentials':
      return { verdict: { kind: 'unauthorized', reason } }
    case 'unavailable':
      return { verdict: { kind: 'retry', reason, applied: 'no' } }
    case 'size':
      return { verdict: { kind: 'rejected', reason }, tooLong: answer }
    default:
      return { verdict: { kind: 'rejected', reason } }
  }
}

function storedText({ stored }: NatsPublished): string | undefined {
  if (stored === undefined) return undefined
  const { stream, sequence, isDuplicate } = stored
  const name = quotable(stream)
  return isDuplicate
    ? `the stream ${name} had stored it already, as message ${sequence}`
    : `stored by the stream ${name} as message ${sequence}`
}
