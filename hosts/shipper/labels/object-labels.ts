import { MAX_EVENTS_BYTES } from '../../../relay/api/body.ts'
import { parseJson } from '../../../relay/api/json.ts'
import type { Labels } from '../../../relay/model/event.ts'
import { isJsonObject, type JsonObject } from '../../../relay/model/json-value.ts'
import type { Clock } from '../../../relay/ports/clock.ts'
import type { ConfigWatch } from '../config/config-watch.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { createKindFinder } from '../kubernetes/discovery.ts'
import type { FollowOptions } from '../kubernetes/follow.ts'
import { createMutex } from '../kubernetes/mutex.ts'
import type { EventLabels } from '../send/sender.ts'
import { itemOf } from '../sources/event-text.ts'
import {
  KindLabels,
  type KindLabelsObserver,
  type KindLabelsOptions,
  type LabelledObject,
} from './kind-labels.ts'
import { type LabelLimits, LabelPool } from './label-pool.ts'
import { labelledKinds } from './labelled-kinds.ts'

/** Is told about labels that are needed. */
export interface ObjectLabelsObserver extends KindLabelsObserver {
  /**
   * Events wait until the labels of these kinds are known. Without kinds it is not known yet which
   * Alerts, Providers and Silences there are.
   */
  waitingForLabels(kinds: readonly string[]): void
  /** Labels of more kinds are needed than labels are kept for. */
  tooManyKinds(kinds: readonly string[]): void
}

export interface ObjectLabelsOptions extends Pick<FollowOptions, 'random' | 'wait'> {
  readonly config: Pick<
    ConfigWatch,
    'alerts' | 'providers' | 'silences' | 'isSettled' | 'onChanged'
  >
  readonly client: KubernetesClient
  readonly clock: Pick<Clock, 'elapsed'>
  readonly observer: ObjectLabelsObserver
  readonly limits?: LabelLimits
}

/** The labels of the objects of which Alerts, Providers and Silences need them. */
export interface ObjectLabels extends EventLabels {
  labelsOf(object: LabelledObject): Labels | undefined
  /**
   * The event with its object's labels, if they are needed and known. Otherwise the event is
   * unchanged.
   */
  withLabels(event: JsonObject): JsonObject
  stop(): void
}

const LIMITS: LabelLimits = {
  maxObjects: 200_000,
  maxBytes: 32 * 1024 * 1024,
}
const MAX_KINDS = 50

/** The largest item of a batch, which has at least two brackets around it. */
const MAX_ITEM_BYTES = MAX_EVENTS_BYTES - 2

/** Follows the labels of the kinds of which they are needed, as Alerts, Providers and Silences change. */
export function followLabels(options: ObjectLabelsOptions): ObjectLabels {
  const cache = new NeededLabels(options)
  return {
    isReady: () => cache.isReady(),
    ready: (signal) => cache.ready(signal),
    fillIn: (body) => cache.fillIn(body),
    labelsOf: (object) => cache.labelsOf(object),
    withLabels: (event) => cache.withLabels(event),
    stop: () => cache.stop(),
  }
}

class NeededLabels implements ObjectLabels {
  readonly #options: ObjectLabelsOptions
  readonly #pool: LabelPool
  readonly #listTurns = createMutex()
  readonly #findKind: KindLabelsOptions['findKind']
  readonly #kinds = new Map<string, KindLabels>()
  readonly #waiting = new Set<() => void>()
  #isWaitTold = false
  #areTooMany = false
  #isStopped = false

  constructor(options: ObjectLabelsOptions) {
    this.#options = options
    this.#pool = new LabelPool(options.limits ?? LIMITS)
    this.#findKind = createKindFinder(options.client)
    options.config.onChanged(() => this.#select())
    this.#select()
  }

  isReady(): boolean {
    return this.#options.config.isSettled() && this.#unsettled().length === 0
  }

  async ready(signal: AbortSignal): Promise<void> {
    while (!this.isReady() && !signal.aborted) {
      if (!this.#isWaitTold) this.#options.observer.waitingForLabels(this.#unsettled())
      this.#isWaitTold = true
      await this.#progress(signal)
    }
    this.#isWaitTold = false
  }

  labelsOf(object: LabelledObject): Labels | undefined {
    return this.#kinds.get(object.kind)?.find(object)
  }

  withLabels(event: JsonObject): JsonObject {
    const object = labelledObjectOf(event)
    const objectLabels = object && this.labelsOf(object)
    return objectLabels ? { event, objectLabels } : event
  }

  fillIn(body: string): string {
    // Most events are of kinds whose labels nobody needs; those are not even parsed.
    if (![...this.#kinds.keys()].some((kind) => body.includes(JSON.stringify(kind)))) return body
    const parsed = parseJson(body)
    if ('error' in parsed || !isJsonObject(parsed.value)) return body
    const { event, objectLabels } = itemOf(parsed.value)
    if (event === undefined || objectLabels !== undefined) return body
    const labelled = this.withLabels(event)
    if (labelled === event) return body
    const text = JSON.stringify(labelled)
    return Buffer.byteLength(text) > MAX_ITEM_BYTES ? body : text
  }

  stop(): void {
    this.#isStopped = true
    for (const labels of this.#kinds.values()) labels.stop()
  }

  #select(): void {
    if (this.#isStopped) return
    const { config } = this.#options
    const all = labelledKinds({
      alerts: config.alerts() ?? [],
      providers: config.providers() ?? [],
      silences: config.silences() ?? [],
    })
    const wanted = new Set(all.slice(0, MAX_KINDS))
    for (const [kind, labels] of this.#kinds) {
      if (wanted.has(kind)) continue
      labels.stop()
      this.#kinds.delete(kind)
    }
    for (const kind of wanted) if (!this.#kinds.has(kind)) this.#follow(kind)
    const areTooMany = all.length > MAX_KINDS
    if (areTooMany && !this.#areTooMany) this.#options.observer.tooManyKinds(all.slice(MAX_KINDS))
    this.#areTooMany = areTooMany
    this.#progressed()
  }

  #follow(kind: string): void {
    const { client, clock, random, wait, observer } = this.#options
    const labels = new KindLabels({
      ...{ kind, client, clock, random, wait, observer },
      findKind: this.#findKind,
      listTurns: this.#listTurns,
      pool: this.#pool,
      onSettled: () => this.#progressed(),
    })
    this.#kinds.set(kind, labels)
  }

  #unsettled(): readonly string[] {
    return [...this.#kinds].filter(([, labels]) => !labels.isSettled).map(([kind]) => kind)
  }

  #progress(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done)
        this.#waiting.delete(done)
        resolve()
      }
      signal.addEventListener('abort', done)
      this.#waiting.add(done)
    })
  }

  #progressed(): void {
    for (const resolve of this.#waiting) resolve()
  }
}

function labelledObjectOf({ involvedObject }: JsonObject): LabelledObject | undefined {
  if (!isJsonObject(involvedObject)) return undefined
  const { apiVersion, kind, namespace, name } = involvedObject
  if (typeof kind !== 'string' || typeof namespace !== 'string' || typeof name !== 'string') {
    return undefined
  }
  return { kind, namespace, name, ...(typeof apiVersion === 'string' && { apiVersion }) }
}
