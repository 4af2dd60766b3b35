import type { z } from 'zod'
import { tokenOrPassword, tokenOrPasswordFields } from '../auth/token-or-password.ts'
import { authorization } from '../messages/json-request.ts'
import { apiUrlFields, namedApiUrl } from './api-url.ts'
import { encodePath, gitAddress } from './git-address.ts'

/** A repository of Gitea or Forgejo, and a token with rights to it. */
export interface GiteaRepository {
  readonly apiUrl: string
  readonly repositoryUrl: string
  readonly token: string
}

const SHAPE = 'owner/repository'

const API_ENDING = '/api/v1'

/** The fields of a type that works on a repository of Gitea. */
export const giteaFields = () => ({
  address: gitAddress(SHAPE, (path) => path.length >= 2),
  ...tokenOrPasswordFields(),
  ...apiUrlFields(),
})

type GiteaFields = z.infer<z.ZodObject<ReturnType<typeof giteaFields>>>

export function giteaRepository(
  { address, secret, annotations, ...credentials }: GiteaFields,
  context: z.RefinementCtx,
): GiteaRepository {
  const named = namedApiUrl({ secret, annotations }, context, API_ENDING)
  const apiUrl = named ?? `${address.origin}${API_ENDING}`
  if (named === undefined && address.path.length !== 2) {
    const message = `the path must be ${SHAPE}; where Gitea is under a folder, set the annotation flux-relay.io/api-url`
    context.addIssue({ code: 'custom', path: ['address'], message })
  }
  // What is before them is the folder that Gitea is under.
  const repositoryUrl = `${apiUrl}/repos/${encodePath(address.path.slice(-2))}`
  return { apiUrl, repositoryUrl, token: tokenOrPassword(credentials, context) }
}

/** The headers with the credential for Gitea: https://docs.gitea.com/development/api-usage */
export function giteaHeaders({ token }: GiteaRepository): Readonly<Record<string, string>> {
  return authorization('token', token)
}
