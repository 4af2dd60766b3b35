import type { Labels } from '../../../relay/model/event.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import { ApiError } from '../kubernetes/api-error.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import type { ApiResource } from '../kubernetes/discovery.ts'
import type { FollowOptions, Update } from '../kubernetes/follow.ts'
import { followKind } from '../kubernetes/follow-kind.ts'
import { LabelCache } from './label-cache.ts'
import type { LabelPool } from './label-pool.ts'

/** Is told about a kind whose labels are needed. */
export interface KindLabelsObserver {
  /**
   * The cluster does not have the kind, or does not allow to read it. Its events are sent without
   * labels. Called once.
   */
  labelsUnavailable(kind: string, reason: string): void
  /** The labels could not be read. That is tried again in `retryInMs` milliseconds. */
  labelsFailed(kind: string, error: unknown, retryInMs: number): void
  /** The API answers again. */
  labelsRecovered(kind: string): void
  /**
   * There are more objects than the memory for labels allows. Events of the others are sent without
   * labels. Called once.
   */
  labelsFull(kind: string): void
}

export interface KindLabelsOptions extends Pick<FollowOptions, 'random' | 'wait' | 'listTurns'> {
  readonly kind: string
  readonly client: KubernetesClient
  /** Looks up what serves a kind now. */
  readonly findKind: (kind: string) => Promise<readonly ApiResource[]>
  readonly clock: Pick<Clock, 'elapsed'>
  readonly pool: LabelPool
  readonly onSettled: () => void
  readonly observer: KindLabelsObserver
}

/** An object as an Event names it. */
export interface LabelledObject {
  readonly apiVersion?: string | undefined
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

interface GroupLabels {
  isNamespaced: boolean
  readonly cache: LabelCache
  isServed: boolean
  /** Whether the collection was listed, or the API answered that it cannot be. */
  isSettled: boolean
}

/**
 * After so many error answers in a row, about two minutes, events of the kind are sent without
 * labels: one broken conversion webhook must not hold up all events. An API server that does not
 * answer at all is waited for.
 */
const PATIENCE = 8

function isAnswer(error: unknown): boolean {
  return error instanceof ApiError && error.status !== undefined
}

/** The labels of all objects of a kind, in each group that has it. */
export class KindLabels {
  readonly #options: KindLabelsOptions
  readonly #follower: { stop(): void }
  readonly #groups = new Map<string, GroupLabels>()
  #isLookedUp = false
  /** Whether the observer was told that labels are unavailable, or that there are too many. */
  #isTold = false
  #isFull = false
  /** Error answers in a row. */
  #answeredWithErrors = 0

  constructor(options: KindLabelsOptions) {
    this.#options = options
    const { kind, client, findKind, random, wait, listTurns, observer } = options
    this.#follower = followKind({
      ...{ client, random, wait, listTurns },
      content: 'metadata',
      find: () => findKind(kind),
      listener: {
        found: (resources) => this.#found(resources),
        updated: ({ group }, update) => this.#updated(group, update),
        failed: (error, retryInMs, resource) => {
          observer.labelsFailed(kind, error, retryInMs)
          this.#answeredWithErrors += isAnswer(error) ? 1 : 0
          if (this.#answeredWithErrors >= PATIENCE) this.#refused(error, resource)
        },
        refused: (error, _, resource) => this.#refused(error, resource),
        recovered: () => {
          this.#answeredWithErrors = 0
          observer.labelsRecovered(kind)
        },
      },
    })
  }

  /** Whether everything is known that can be known at present. */
  get isSettled(): boolean {
    return this.#isLookedUp && [...this.#groups.values()].every(({ isSettled }) => isSettled)
  }

  /**
   * The labels of an object; undefined when they are not known. Without a version, the first object
   * with the name counts.
   */
  find({ apiVersion = '', namespace, name }: LabelledObject): Labels | undefined {
    const find = ({ isNamespaced, cache }: GroupLabels) =>
      cache.find(isNamespaced ? `${namespace}/${name}` : `/${name}`)
    if (apiVersion !== '') {
      const own = this.#groups.get(apiVersion.slice(0, Math.max(apiVersion.indexOf('/'), 0)))
      return own && find(own)
    }
    for (const group of this.#groups.values()) {
      const labels = find(group)
      if (labels) return labels
    }
    return undefined
  }

  stop(): void {
    this.#follower.stop()
    for (const { cache } of this.#groups.values()) cache.clear()
  }

  #found(resources: readonly ApiResource[]): void {
    const served = new Set(resources.map(({ group }) => group))
    for (const [group, labels] of this.#groups) {
      if (served.has(group)) continue
      labels.cache.deleteAll()
      labels.isServed = false
      labels.isSettled = true
    }
    for (const { group, isNamespaced } of resources) {
      const labels = this.#groups.get(group) ?? this.#newGroup()
      if (!labels.isServed) labels.isSettled = false
      labels.isServed = true
      labels.isNamespaced = isNamespaced
      this.#groups.set(group, labels)
    }
    if (resources.length === 0) this.#unavailable('the cluster has no such kind')
    this.#isLookedUp = true
    this.#options.onSettled()
  }

  #newGroup(): GroupLabels {
    const { pool, clock, kind, observer } = this.#options
    const cache = new LabelCache(pool, clock, () => {
      if (!this.#isFull) observer.labelsFull(kind)
      this.#isFull = true
    })
    return { cache, isNamespaced: true, isServed: false, isSettled: false }
  }

  #updated(group: string, update: Update): void {
    const labels = this.#groups.get(group)
    if (!labels) return
    labels.cache.apply(update)
    if (update.kind !== 'list-ended') return
    labels.isSettled = true
    this.#isTold = false
    this.#options.onSettled()
  }

  #refused(error: unknown, resource: ApiResource | undefined): void {
    const labels = resource && this.#groups.get(resource.group)
    if (labels) labels.isSettled = true
    this.#isLookedUp = true
    this.#unavailable(error instanceof Error ? error.message : String(error))
    this.#options.onSettled()
  }

  #unavailable(reason: string): void {
    const { kind, observer } = this.#options
    if (!this.#isTold) observer.labelsUnavailable(kind, reason)
    this.#isTold = true
  }
}
