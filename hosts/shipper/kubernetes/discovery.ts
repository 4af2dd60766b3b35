import { z } from 'zod'
import { ApiError } from './api-error.ts'
import type { KubernetesClient } from './client.ts'

/** A kind as this cluster serves it. */
export interface ApiResource {
  /** The API group; empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  /** The plural that is used in paths: `alerts`. */
  readonly plural: string
  readonly isNamespaced: boolean
  /** Whether the kind has the subresource `…/status`. */
  readonly hasStatus: boolean
  /**
   * The path of the collection in all namespaces:
   * `/apis/notification.toolkit.fluxcd.io/v1beta3/alerts`.
   */
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
 * The kind in the first of these versions that the cluster serves, by default in the first of all versions of the
 * group, of which the preferred one comes first; undefined when it serves none. Rejects with `ApiError`.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
export async function findResource(
  client: Pick<KubernetesClient, 'request'>,
  group: string,
  kind: string,
  versions?: readonly string[],
): Promise<ApiResource | undefined> {
  const answer = await unlessMissing(client.request({ method: 'GET', path: `/apis/${group}` }))
  if (answer === undefined) return undefined
  const served = versionsOf(read(Group, answer, `/apis/${group}`))
  for (const version of versions?.filter((wanted) => served.includes(wanted)) ?? served) {
    const found = (await resourcesOf(client, group, version)).find((it) => it.kind === kind)
    if (found) return found
  }
  return undefined
}

/**
 * Finds a kind in each group that has it, in the group's preferred version, or in the first other one
 * that has the kind: in some releases of Flux the kinds of one group have different versions. A
 * version that cannot be read, such as that of an extension that is down, keeps what it had before.
 * Looking at all groups takes one request for each of their versions; callers that ask meanwhile
 * share them. Rejects with `ApiError` when the kind was found nowhere, and may be in a version that
 * cannot be read.
 */
export function createKindFinder(
  client: Pick<KubernetesClient, 'request'>,
): (kind: string) => Promise<readonly ApiResource[]> {
  let known: KnownVersions = new Map()
  let looking: Promise<Look> | undefined
  const look = async () => {
    const looked = await lookAtGroups(client, known)
    known = looked.versions
    return looked
  }
  return async (wanted) => {
    looking ??= look().finally(() => {
      looking = undefined
    })
    const { versions, failure } = await looking
    const found = firstOfEachGroup(
      [...versions.values()].flat().filter(({ kind }) => kind === wanted),
    )
    if (found.length === 0 && failure) throw failure
    return found
  }
}

/** What the versions of groups have, by the path of the version. Those of a group are in the order in which they count. */
type KnownVersions = ReadonlyMap<string, readonly ApiResource[]>

interface Look {
  readonly versions: KnownVersions
  /** The error of a version that could not be read, now or before. */
  readonly failure?: ApiError
}

async function lookAtGroups(
  client: Pick<KubernetesClient, 'request'>,
  known: KnownVersions,
): Promise<Look> {
  const answer = await client.request({ method: 'GET', path: '/apis' })
  const versions = new Map([[versionPath('', 'v1'), await resourcesOf(client, '', 'v1')]])
  let failure: ApiError | undefined
  const served = read(GroupList, answer, '/apis').groups.flatMap((group) =>
    versionsOf(group).map((version) => ({ group: group.name, version })),
  )
  for (const { group, version } of served) {
    const path = versionPath(group, version)
    const before = known.get(path)
    try {
      versions.set(path, await resourcesOf(client, group, version))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (before) versions.set(path, before)
      else if (!isOfExtension(error)) failure = error
    }
  }
  return { versions, ...(failure && { failure }) }
}

/** The versions of a group, the preferred one first. */
function versionsOf({ versions, preferredVersion }: z.infer<typeof Group>): readonly string[] {
  return [...new Set([preferredVersion, ...versions].map(({ version }) => version))]
}

function firstOfEachGroup(resources: readonly ApiResource[]): readonly ApiResource[] {
  return resources.filter(
    ({ group }, index) => resources.findIndex((it) => it.group === group) === index,
  )
}

/**
 * Whether the error is one of an API extension. An extension that is down must not make other
 * groups fail. The API server's own groups fail with a `Status`, for example while it starts.
 */
function isOfExtension(error: unknown): boolean {
  return error instanceof ApiError && error.status === 503 && error.reason === undefined
}

/**
 * The resources in a version of a group that can be listed and watched; empty when the version does
 * not exist (any more).
 */
async function resourcesOf(
  client: Pick<KubernetesClient, 'request'>,
  group: string,
  version: string,
): Promise<readonly ApiResource[]> {
  const path = versionPath(group, version)
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

function versionPath(group: string, version: string): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`
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
  throw new ApiError(`GET ${where}: the answer is not from a Kubernetes API`, { status: 200 })
}
