import type { Event } from '../../model/event.ts'
import { azureRepositoryPage } from './azure-repository.ts'
import { namedCommit } from './commit-hash.ts'
import { encodePath, type GitAddress, parseGitAddress } from './git-address.ts'

/** Where people see the commit of an event. */
export interface CommitPage {
  /** The key of the metadata that names the commit. */
  readonly key: string
  readonly url: string
}

/** The key of the metadata that names the repository of an event's commit. No event of Flux has it by itself. */
const REPOSITORY = 'repository'

/** The lengths of hashes, as several forges have repositories with SHA-256 object ids. */
const HASH_LENGTHS = [40, 64] as const

/** A longer address is none of a repository, and is not read. */
const MAX_ADDRESS_LENGTH = 500

/**
 * The page of the commit that an event with its final metadata names, at the forge of the repository that the event
 * `shown` names. Undefined if either names none.
 */
export function commitPageOf({ metadata, involvedObject }: Event, shown: Event) {
  const repository = shown.metadata[REPOSITORY]?.trim()
  if (!repository || repository.length > MAX_ADDRESS_LENGTH) return undefined
  const address = parseGitAddress(repository)
  const named = namedCommit({ metadata, kind: involvedObject.kind }, HASH_LENGTHS)
  if ('error' in address || 'reason' in named) return undefined
  return { key: named.key, url: pageUrl(address, named.hash) } satisfies CommitPage
}

/**
 * The URL of a commit's page. GitHub, Gitea, Forgejo and Azure DevOps have the same form below the repository, and
 * so has every host that is not known to have another one.
 */
function pageUrl(address: GitAddress, hash: string): string {
  const { host, path } = address
  // Two forges have hosts of their own for SSH over the port of HTTPS.
  const origin = address.origin.replace('//altssh.', '//')
  const repository = azureRepositoryPage(address) ?? `${origin}/${encodePath(path)}`
  if (/(^|\.)bitbucket\.org$/.test(host)) return `${repository}/commits/${hash}`
  const [scm, project = '', name = ''] = path.slice(-3)
  if (scm === 'scm') {
    const server = [...path.slice(0, -3), 'projects', project, 'repos', name]
    return `${origin}/${encodePath(server)}/commits/${hash}`
  }
  return host.includes('gitlab') ? `${repository}/-/commit/${hash}` : `${repository}/commit/${hash}`
}
