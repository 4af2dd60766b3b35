import type { z } from 'zod'
import { encodePath, gitAddress } from './git-address.ts'
import { authorization } from './json-request.ts'
import { tokenOrPassword, tokenOrPasswordFields } from './token-or-password.ts'

/** A repository of Gitea or Forgejo, and a token that is good for it. */
export interface GiteaRepository {
  readonly apiUrl: string
  readonly repositoryUrl: string
  readonly token: string
}

/** The fields of a type that works on a repository of Gitea. */
export const giteaFields = () => ({
  address: gitAddress('owner/repository', (path) => path.length === 2),
  ...tokenOrPasswordFields(),
})

type GiteaFields = z.infer<z.ZodObject<ReturnType<typeof giteaFields>>>

export function giteaRepository(
  { address, ...credentials }: GiteaFields,
  context: z.RefinementCtx,
): GiteaRepository {
  const apiUrl = `${address.origin}/api/v1`
  const repositoryUrl = `${apiUrl}/repos/${encodePath(address.path)}`
  return { apiUrl, repositoryUrl, token: tokenOrPassword(credentials, context) }
}

/** Who sends a request to Gitea: https://docs.gitea.com/development/api-usage */
export function giteaHeaders({ token }: GiteaRepository): Readonly<Record<string, string>> {
  return authorization('token', token)
}
