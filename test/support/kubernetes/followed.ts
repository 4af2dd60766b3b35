import { onTestFinished } from 'vitest'
import type { ApiError } from '../../../hosts/shipper/kubernetes/api-error.ts'
import { createKubernetesClient } from '../../../hosts/shipper/kubernetes/client.ts'
import type { ApiObject, Collection } from '../../../hosts/shipper/kubernetes/collection.ts'
import { follow, type Update } from '../../../hosts/shipper/kubernetes/follow.ts'
import type { TestCluster } from './cluster.ts'

export interface FollowedOptions {
  /** Default `CONFIG_MAPS`. */
  readonly collection?: Collection
  readonly from?: string
  readonly idleTimeoutMs?: number
  /** Done before the next update is read. */
  readonly onUpdate?: (said: string) => Promise<void>
}

export interface Followed {
  /** Each update: `list-started`, `listed 2`, `list-ended`, `ADDED map-1`, `bookmark`. */
  readonly said: readonly string[]
  /** All that came, in their order. */
  readonly objects: readonly ApiObject[]
  readonly failures: readonly ApiError[]
  /** Each wait, in milliseconds; it is over at once. */
  readonly waits: readonly number[]
  /** Of all objects that came. */
  names(): ReadonlySet<string>
}

export const CONFIG_MAPS: Collection = { path: '/api/v1/namespaces/flux-system/configmaps' }

/** Follows a collection until the test is over. */
export function startFollowing(cluster: TestCluster, options: FollowedOptions = {}): Followed {
  const said: string[] = []
  const objects: ApiObject[] = []
  const failures: ApiError[] = []
  const waits: number[] = []
  const client = createKubernetesClient({
    url: cluster.url,
    tokenFile: cluster.tokenFile,
    userAgent: 'flux-relay/test',
    ...(cluster.ca !== undefined && { ca: cluster.ca }),
    ...(options.idleTimeoutMs !== undefined && { idleTimeoutMs: options.idleTimeoutMs }),
  })
  const abort = new AbortController()
  const updates = follow({
    client,
    collection: options.collection ?? CONFIG_MAPS,
    from: options.from,
    signal: abort.signal,
    random: () => 0.5,
    wait: async (ms) => {
      waits.push(ms)
      // Some time, so that a server that is down is not asked all the time.
      await new Promise((resolve) => setTimeout(resolve, 20))
    },
    onFailure: (error) => failures.push(error),
  })
  const done = (async () => {
    for await (const update of updates) {
      objects.push(...objectsOf(update))
      said.push(...textsOf(update))
      await options.onUpdate?.(said.at(-1) ?? '')
    }
  })()
  onTestFinished(async () => {
    abort.abort()
    await done
    await client.close()
  })
  const names = () => new Set(objects.map(({ metadata }) => metadata.name))
  return { said, objects, failures, waits, names }
}

function objectsOf(update: Update): readonly ApiObject[] {
  if (update.kind === 'listed') return update.objects
  return update.kind === 'watched' ? update.changes.map(({ object }) => object) : []
}

function textsOf(update: Update): readonly string[] {
  if (update.kind === 'listed') return [`listed ${update.objects.length}`]
  if (update.kind !== 'watched') return [update.kind]
  if (update.changes.length === 0) return ['bookmark']
  return update.changes.map(({ type, object }) => `${type} ${object.metadata.name}`)
}
