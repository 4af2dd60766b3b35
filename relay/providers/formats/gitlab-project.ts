import type { z } from 'zod'
import { type GitAddress, gitAddress } from './git-address.ts'
import { tokenOrPassword, tokenOrPasswordFields } from './token-or-password.ts'

/** A project of GitLab, and a token that is good for it. */
export interface GitlabProject {
  readonly apiUrl: string
  readonly projectUrl: string
  readonly token: string
}

/** The fields of a type that works on a project of GitLab. */
export const gitlabFields = () => ({
  address: gitAddress('group/project, or the number of a project', isProjectPath),
  ...tokenOrPasswordFields(),
})

type GitlabFields = z.infer<z.ZodObject<ReturnType<typeof gitlabFields>>>

export function gitlabProject(
  { address, ...credentials }: GitlabFields,
  context: z.RefinementCtx,
): GitlabProject {
  const apiUrl = `${address.origin}/api/v4`
  const projectUrl = `${apiUrl}/projects/${projectId(address)}`
  return { apiUrl, projectUrl, token: tokenOrPassword(credentials, context) }
}

function isProjectPath([first = '', ...others]: readonly string[]): boolean {
  return others.length > 0 || /^\d+$/.test(first)
}

/** A dot is encoded too, lest GitLab's router take what follows it for a format. */
function projectId({ path }: GitAddress): string {
  return encodeURIComponent(path.join('/')).replaceAll('.', '%2E')
}

/** Who sends a request to GitLab. */
export function gitlabHeaders({ token }: GitlabProject): Readonly<Record<string, string>> {
  return { 'private-token': token }
}
