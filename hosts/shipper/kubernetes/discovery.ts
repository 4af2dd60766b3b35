import { z } from 'zod'
import { ApiError } from './api-error.ts'
import type { KubernetesClient } from './client.ts'

/** A kind as this cluster serves it. */
export interface ApiResource {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  /** As in paths: `alerts`. */
  readonly plural: string
  readonly isNamespaced: boolean
  /** Whether its status has an address of its own (`…/status`). */
  readonly hasStatus: boolean
  /** Of the collection in all namespaces: `/apis/notification.toolkit.fluxcd.io/v1beta3/alerts`. */
  readonly path: string
}

const ResourceList = z.object({
  resources: z
    .array(
      z.object({
        name: z.string(),
        kind: z.string(),
        namespaced: z.boolean(),
        verbs: z.array(z.string()),
      }),
    )
    // As some extensions have it that serve nothing.
    .nullable()
    .transform((resources) => resources ?? []),
})

const Group = z.object({
  name: z.string(),
  versions: z.array(z.object({ version: z.string() })),
  preferredVersion: z.object({ version: z.string() }),
})
const GroupList = z.object({ groups: z.array(Group) })

/**
 * The kind in the first of the versions that the cluster serves it in; undefined when in none.
 * Rejects with `ApiError`.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
export async function findResource(
  client: Pick<KubernetesClient, 'request'>,
  group: string,
  kind: string,
  versions: readonly string[],
): Promise<ApiResource | undefined> {
  const answer = await unlessMissing(client.request({ method: 'GET', path: `/apis/${group}` }))
  if (answer === undefined) return undefined
  const served = read(Group, answer, `/apis/${group}`).versions.map(({ version }) => version)
  for (const version of versions.filter((wanted) => served.includes(wanted))) {
    const found = (await resourcesOf(client, group, version)).find((it) => it.kind === kind)
    if (found) return found
  }
  return undefined
}

/**
 * Finds a kind in each group that has it, in the version that the group prefers. A group that cannot
 * be read, such as that of an extension that is down, has what it had before. To look at all groups
 * takes as many requests as these, and those that ask meanwhile share them. Rejects with `ApiError`
 * when the kind is nowhere else, and may be in a group that cannot be read.
 */
export function createKindFinder(
  client: Pick<KubernetesClient, 'request'>,
): (kind: string) => Promise<readonly ApiResource[]> {
  let known: KnownGroups = new Map()
  let looking: Promise<Look> | undefined
  const look = async () => {
    const looked = await lookAtGroups(client, known)
    known = looked.groups
    return looked
  }
  return async (wanted) => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    const { groups, failure } = await looking
    const found = [...groups.values()].flat().filter(({ kind }) => kind === wanted)
    if (found.length === 0 && failure) throw failure
    return found
  }
}

type KnownGroups = ReadonlyMap<string, readonly ApiResource[]>

interface Look {
  readonly groups: KnownGroups
  /** Of a group that could not be read, and never was. */
  readonly failure?: ApiError
}

async function lookAtGroups(
  client: Pick<KubernetesClient, 'request'>,
  known: KnownGroups,
): Promise<Look> {
  const answer = await client.request({ method: 'GET', path: '/apis' })
  const groups = new Map([['', await resourcesOf(client, '', 'v1')]])
  let failure: ApiError | undefined
  for (const { name, preferredVersion } of read(GroupList, answer, '/apis').groups) {
    const before = known.get(name)
    try {
      groups.set(name, await resourcesOf(client, name, preferredVersion.version))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (before) groups.set(name, before)
      else if (!isOfExtension(error)) failure = error
    }
  }
  return { groups, ...(failure && { failure }) }
}

/**
 * An extension of the API that is down takes its own group with it, and must not take others. The
 * API server's own groups fail with a `Status`, as while it starts.
 */
function isOfExtension(error: unknown): boolean {
  return error instanceof ApiError && error.status === 503 && error.reason === undefined
}

/** What can be listed and watched in a version of a group; nothing when that is not there (any more). */
async function resourcesOf(
  client: Pick<KubernetesClient, 'request'>,
  group: string,
  version: string,
): Promise<readonly ApiResource[]> {
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const answer = await unlessMissing(client.request({ method: 'GET', path }))
  if (answer === undefined) return []
  const { resources } = read(ResourceList, answer, path)
  const names = new Set(resources.map(({ name }) => name))
  return resources
    .filter(({ name, verbs }) => !name.includes('/') && verbs.includes('watch'))
    .map(({ name: plural, kind, namespaced: isNamespaced }) => ({
      ...{ group, version, kind, plural, isNamespaced },
      hasStatus: names.has(`${plural}/status`),
      path: `${path}/${plural}`,
    }))
}

async function unlessMissing(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}

function read<T>(schema: z.ZodType<T>, answer: unknown, where: string): T {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  throw new ApiError(`GET ${where}: it is not the answer of a Kubernetes API`, { status: 200 })
}
