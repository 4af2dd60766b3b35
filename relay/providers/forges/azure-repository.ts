import { encodePath, type GitAddress } from './git-address.ts'

/** The form of an address that `azureRepositoryUrl` accepts. */
export const AZURE_REPOSITORY_FORM =
  'the path must be organization/project/_git/repository, collection/project/_git/repository of a server, the same without project for its default repository, or v3/organization/project/repository of SSH'

const SERVICE = 'https://dev.azure.com'

/**
 * The hosts of Git over SSH:
 * https://learn.microsoft.com/azure/devops/repos/git/use-ssh-keys-to-authenticate
 */
const SSH_HOSTS: ReadonlySet<string> = new Set(['ssh.dev.azure.com', 'vs-ssh.visualstudio.com'])

/** The earlier address of an organization. The same repositories are on dev.azure.com. */
const VISUAL_STUDIO = /^([a-z\d-]+)\.visualstudio\.com$/

/** The virtual directory in which servers were installed. */
const TFS = 'tfs'

/** An organization, or a collection of a server, and the parts behind it. */
interface Place {
  readonly origin: string
  /** One part, or two when the server is installed in a virtual directory. */
  readonly collection: readonly string[]
  readonly project: string
  readonly repository: string
}

/**
 * The URL of a repository in the API of Azure DevOps or Azure DevOps Server; undefined for a path
 * of another form. A project's default repository has the project's name, and addresses leave it
 * out. https://learn.microsoft.com/rest/api/azure/devops/git/repositories/get
 */
export function azureRepositoryUrl(address: GitAddress): string | undefined {
  const place = placeOf(address)
  if (place === undefined) return undefined
  const { origin, collection, project, repository } = place
  const path = encodePath([...collection.map((part) => part.toLowerCase()), project])
  return `${origin}/${path}/_apis/git/repositories/${encodePath([repository])}`
}

/** The URL of the same repository for people; undefined for a path of another form. */
export function azureRepositoryPage(address: GitAddress): string | undefined {
  const place = placeOf(address)
  if (place === undefined) return undefined
  const { origin, collection, project, repository } = place
  return `${origin}/${encodePath([...collection, project, '_git', repository])}`
}

function placeOf({ origin, host, path }: GitAddress): Place | undefined {
  if (SSH_HOSTS.has(host)) return ofSsh(path)
  const repository = path.at(-1)
  if (repository === undefined || path.at(-2) !== '_git') return undefined
  const before = path.slice(0, -2)
  const [, organization] = VISUAL_STUDIO.exec(host) ?? []
  if (organization === undefined) return ofServer(origin, before, repository)
  const isDefault = before[0]?.toLowerCase() === 'defaultcollection'
  return ofServer(SERVICE, [organization, ...before.slice(isDefault ? 1 : 0)], repository)
}

function ofSsh([version, organization, project, repository, ...others]: readonly string[]) {
  if (version !== 'v3' || !organization || !project || !repository || others.length > 0) {
    return undefined
  }
  return { origin: SERVICE, collection: [organization], project, repository }
}

function ofServer(
  origin: string,
  before: readonly string[],
  repository: string,
): Place | undefined {
  const isOldServer = origin !== SERVICE && before[0]?.toLowerCase() === TFS
  if (before.length === (isOldServer ? 2 : 1))
    return { origin, collection: before, project: repository, repository }
  const [project, ...collection] = before.toReversed()
  const most = origin === SERVICE ? 1 : 2
  if (project === undefined || collection.length === 0 || collection.length > most) return undefined
  return { origin, collection: collection.toReversed(), project, repository }
}
