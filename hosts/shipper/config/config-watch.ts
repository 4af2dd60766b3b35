import { NOTIFICATION_GROUP, NOTIFICATION_VERSIONS } from '../../../relay/model/kubernetes.ts'
import { RELAY_GROUP, SILENCE_VERSIONS } from '../../../relay/model/silence-object.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import type { ApiObject } from '../kubernetes/collection.ts'
import { type ApiResource, findResource } from '../kubernetes/discovery.ts'
import type { FollowOptions } from '../kubernetes/follow.ts'
import { followKind, type KindFollower } from '../kubernetes/follow-kind.ts'
import { ObjectView, type ViewedObject } from './object-view.ts'

export type ConfigKind = 'Alert' | 'Provider' | 'Silence'

/** Is told how the Alerts, Providers and Silences of the cluster can be read. */
export interface ConfigWatchObserver {
  /** The kind is read in this version from now on. Called when the version changes. */
  served(kind: ConfigKind, apiVersion: string): void
  /** The cluster does not have the kind. It is looked up again every minute. Called once. */
  absent(kind: ConfigKind): void
  /** The watch failed. It is tried again in `retryInMs` milliseconds. */
  watchFailed(kind: ConfigKind, error: unknown, retryInMs: number): void
  /** The API answers again. */
  watchRecovered(kind: ConfigKind): void
}

export interface ConfigWatchOptions extends Pick<FollowOptions, 'random' | 'wait'> {
  readonly client: KubernetesClient
  /**
   * How often the cluster is asked what it serves, since nothing tells that a definition has
   * another version or a status now. The default is ten minutes.
   */
  readonly lookAgainMs?: number
  readonly observer: ConfigWatchObserver
}

/** The Alerts, Providers and Silences of all namespaces, as they are now. */
export interface ConfigWatch {
  /** The Alerts; undefined before they were listed. So are the others. */
  alerts(): readonly ApiObject[] | undefined
  providers(): readonly ApiObject[] | undefined
  silences(): readonly ApiObject[] | undefined
  viewed(kind: ConfigKind): readonly ViewedObject[]
  find(kind: ConfigKind, namespace: string, name: string): ViewedObject | undefined
  /** How the cluster serves the kind; undefined when it does not. */
  resource(kind: ConfigKind): ApiResource | undefined
  /**
   * Looks up at once how the cluster serves the kind, because what is known seems to be out of
   * date.
   */
  lookAgain(kind: ConfigKind): void
  /** Whether Alerts and Providers were listed, and Silences, unless the API answered that there are none. */
  isComplete(): boolean
  /** Whether each kind was listed, or the API answered that there are none. */
  isSettled(): boolean
  /** Calls `listener` when objects changed, except in their status, and when a list is complete. */
  onChanged(listener: () => void): void
  stop(): void
}

/** The groups of the kinds, and their versions, the latest first. */
const FLUX = { group: NOTIFICATION_GROUP, versions: NOTIFICATION_VERSIONS.toReversed() }
const SERVED = {
  Alert: FLUX,
  Provider: FLUX,
  Silence: { group: RELAY_GROUP, versions: SILENCE_VERSIONS.toReversed() },
} as const

/** Watches the objects in the latest version that the cluster serves of each kind. */
export function startConfigWatch(options: ConfigWatchOptions): ConfigWatch {
  const listeners: (() => void)[] = []
  const changed = () => {
    for (const listener of listeners) listener()
  }
  const watches = {
    Alert: new KindWatch('Alert', options, changed),
    Provider: new KindWatch('Provider', options, changed),
    Silence: new KindWatch('Silence', options, changed),
  }
  const objects = (kind: ConfigKind) => {
    const { isComplete, objects } = watches[kind].view
    return isComplete ? objects.map(({ object }) => object) : undefined
  }
  return {
    alerts: () => objects('Alert'),
    providers: () => objects('Provider'),
    silences: () => objects('Silence'),
    viewed: (kind) => watches[kind].view.objects,
    find: (kind, namespace, name) => watches[kind].view.find(namespace, name),
    resource: (kind) => watches[kind].resource,
    lookAgain: (kind) => watches[kind].follower.lookAgain(),
    // A cluster need not have the relay's own kind.
    isComplete: () =>
      watches.Alert.view.isComplete &&
      watches.Provider.view.isComplete &&
      watches.Silence.isSettled,
    isSettled: () => Object.values(watches).every(({ isSettled }) => isSettled),
    onChanged: (listener) => void listeners.push(listener),
    stop() {
      for (const { follower } of Object.values(watches)) follower.stop()
    },
  }
}

class KindWatch {
  readonly view = new ObjectView()
  readonly follower: KindFollower
  readonly #kind: ConfigKind
  readonly #observer: ConfigWatchObserver
  readonly #changed: () => void
  #resource: ApiResource | undefined
  /** What the observer was told last; empty when it was told that the kind is absent. */
  #told: string | undefined
  #isSettled = false

  constructor(kind: ConfigKind, options: ConfigWatchOptions, changed: () => void) {
    const { client, random, wait, lookAgainMs, observer } = options
    this.#kind = kind
    this.#observer = observer
    this.#changed = changed
    this.follower = followKind({
      ...{ client, random, wait },
      ...(lookAgainMs !== undefined && { lookAgainMs }),
      async find() {
        const { group, versions } = SERVED[kind]
        const found = await findResource(client, group, kind, versions)
        return found ? [found] : []
      },
      listener: {
        found: ([resource]) => this.#found(resource),
        updated: (resource, update) => {
          const isChange = this.view.apply(resource, update)
          if (update.kind === 'list-ended') this.#settle()
          if (isChange) this.#changed()
        },
        failed: (error, retryInMs) => observer.watchFailed(kind, error, retryInMs),
        refused: (error, retryInMs) => {
          observer.watchFailed(kind, error, retryInMs)
          this.#settle()
        },
        recovered: () => observer.watchRecovered(kind),
      },
    })
  }

  get isSettled(): boolean {
    return this.#isSettled
  }

  get resource(): ApiResource | undefined {
    return this.#resource
  }

  #found(resource: ApiResource | undefined): void {
    const apiVersion = resource === undefined ? '' : `${resource.group}/${resource.version}`
    const hadStatus = this.#resource?.hasStatus
    this.#resource = resource
    // Readiness is shown elsewhere now, so it is asked for again.
    if (hadStatus !== undefined && resource && hadStatus !== resource.hasStatus) this.#changed()
    if (resource === undefined) this.#gone()
    if (apiVersion === this.#told) return
    this.#told = apiVersion
    if (resource === undefined) this.#observer.absent(this.#kind)
    else this.#observer.served(this.#kind, apiVersion)
  }

  /**
   * A cluster without the relay's own kind has no objects of it. The last objects of Flux's kinds stay in force, since
   * these may be installed anew.
   */
  #gone(): void {
    const hadSome = this.#kind === 'Silence' && this.view.clear()
    if (hadSome) this.#changed()
    this.#settle()
  }

  #settle(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#changed()
  }
}
