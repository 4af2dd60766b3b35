import type { SentEvent } from './events.ts'

/** What an Alert of the test does with an event that its source takes. */
export type Expectation =
  /** Reaches the sink at least once. */
  | 'delivered'
  /** A commit status: delivered, superseded, or unchanged. */
  | 'status'
  | 'skipped'
  /** The sink's certificate is never trusted. */
  | 'dead'
  /** Rules decide whether it reaches the sink. */
  | 'ruled'

/** An Alert, and the Provider of the same name. */
export interface RouteModel {
  readonly name: string
  readonly cluster: string
  /** Undefined when no source of the Alert takes the event. */
  expects(event: SentEvent): Expectation | undefined
}

/** Clients that post at the same time, each about objects of its own. */
export const CLIENTS = 3
const OBJECTS_PER_CLIENT = 10

export function objectsOf(client: number): readonly string[] {
  return Array.from({ length: OBJECTS_PER_CLIENT }, (_, own) => `app-${own * CLIENTS + client}`)
}

/**
 * Objects whose statuses share a context. One client's, who knows in which order they happened: as
 * the events are an hour old, the relay orders them as it accepts them.
 */
export const SHARED_OBJECTS = objectsOf(0)

/** The context of their statuses. */
export const SHARED_CONTEXT = 'all/apps'

/** Kustomizations whose events go to the TLS sinks too. */
export const LATER_TRUSTED_OBJECT = 'app-0'
export const NEVER_TRUSTED_OBJECT = 'app-1'

/** The Alert that a person silences now and then. */
export const SILENCED = 'silenced'

const GROUP = { 'group-by': "'all'", 'group-wait': '2s', 'group-max': '10s' } as const

/** Alerts with rules, by their names, which are those of the paths too, with their annotations. */
export const RULED = {
  failing: { only: 'failures', remind: '2m' },
  lasting: { after: '10s' },
  grouped: GROUP,
  [SILENCED]: GROUP,
} as const

/** Objects of these Alerts: one client's. */
export const RULED_OBJECTS = objectsOf(2)

/** Alerts whose messages are for people: several events may be told in one. */
export const CHATS: readonly string[] = ['chat', ...Object.keys(RULED)]

/** An event with this word in its message is not for the chat. */
export const QUIET = 'quiet'

const isKustomization = ({ kind }: SentEvent) => kind === 'Kustomization'

function status(event: SentEvent): Expectation | undefined {
  if (!isKustomization(event)) return undefined
  return event.severity === 'info' && event.reason === 'Progressing' ? 'skipped' : 'status'
}

function ruled(expected: Expectation): RouteModel['expects'] {
  return (event) =>
    isKustomization(event) && RULED_OBJECTS.includes(event.object) ? expected : undefined
}

/** All Alerts of the test: the model of what the manifests say. */
export const ROUTES: readonly RouteModel[] = [
  {
    name: 'hooks',
    cluster: 'local',
    expects: (event) => (isKustomization(event) ? 'delivered' : undefined),
  },
  {
    name: 'errors',
    cluster: 'local',
    expects: (event) =>
      isKustomization(event) && event.severity === 'error' ? 'delivered' : undefined,
  },
  {
    name: 'chat',
    cluster: 'local',
    expects: (event) => {
      if (!isKustomization(event)) return undefined
      return event.message.includes(QUIET) ? 'skipped' : 'delivered'
    },
  },
  { name: 'failing', cluster: 'local', expects: ruled('ruled') },
  { name: 'lasting', cluster: 'local', expects: ruled('ruled') },
  { name: 'grouped', cluster: 'local', expects: ruled('delivered') },
  { name: SILENCED, cluster: 'local', expects: ruled('ruled') },
  { name: 'statuses', cluster: 'local', expects: status },
  {
    name: 'shared',
    cluster: 'local',
    expects: (event) => (SHARED_OBJECTS.includes(event.object) ? status(event) : undefined),
  },
  {
    name: 'later',
    cluster: 'local',
    expects: (event) =>
      isKustomization(event) && event.object === LATER_TRUSTED_OBJECT ? 'delivered' : undefined,
  },
  {
    name: 'never',
    cluster: 'local',
    expects: (event) =>
      isKustomization(event) && event.object === NEVER_TRUSTED_OBJECT ? 'dead' : undefined,
  },
  {
    name: 'edge',
    cluster: 'edge',
    expects: (event) => (isKustomization(event) ? 'delivered' : undefined),
  },
]

/** What a commit status replaces, as the forge names it. */
export function statusSubject(route: 'statuses' | 'shared', event: SentEvent): string {
  const context =
    route === 'shared' ? SHARED_CONTEXT : `${event.kind}/${event.object}/statuses`.toLowerCase()
  return `${event.commit} ${context}`
}

/** Every Alert that takes an event, and what it does with it. */
export function expectationsOf(event: SentEvent) {
  return ROUTES.flatMap((route) => {
    const expected = route.cluster === event.cluster ? route.expects(event) : undefined
    return expected ? [{ route: route.name, expected }] : []
  })
}
