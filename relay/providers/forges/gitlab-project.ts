import type { z } from 'zod'
import { tokenOrPassword, tokenOrPasswordFields } from '../auth/token-or-password.ts'
import { apiUrlFields, namedApiUrl, pathBehind } from './api-url.ts'
import { atHost, type GitAddress, gitAddress } from './git-address.ts'

/** A project of GitLab, and a token with rights to it. */
export interface GitlabProject {
  readonly apiUrl: string
  readonly projectUrl: string
  readonly token: string
}

const SHAPE = 'group/project, or the number of a project'

/**
 * The host of SSH over the HTTPS port:
 * https://docs.gitlab.com/user/ssh/#use-ssh-with-the-https-port
 */
const SSH_HOST = 'altssh.gitlab.com'

const API_ENDING = '/api/v4'

/** The fields of a type that works on a project of GitLab. */
export const gitlabFields = () => ({
  address: gitAddress(SHAPE, isProjectPath),
  ...tokenOrPasswordFields(),
  ...apiUrlFields(),
})

type GitlabFields = z.infer<z.ZodObject<ReturnType<typeof gitlabFields>>>

export function gitlabProject(
  { address: given, secret, annotations, ...credentials }: GitlabFields,
  context: z.RefinementCtx,
): GitlabProject {
  const address = given.host === SSH_HOST ? atHost(given, 'gitlab.com') : given
  const named = namedApiUrl({ secret, annotations }, context, API_ENDING)
  const apiUrl = named ?? `${address.origin}${API_ENDING}`
  const path = pathBehind(address, apiUrl, API_ENDING)
  if (!isProjectPath(path)) {
    context.addIssue({ code: 'custom', path: ['address'], message: `the path must be ${SHAPE}` })
  }
  const projectUrl = `${apiUrl}/projects/${projectId(path)}`
  return { apiUrl, projectUrl, token: tokenOrPassword(credentials, context) }
}

function isProjectPath([first = '', ...others]: readonly string[]): boolean {
  return others.length > 0 || /^\d+$/.test(first)
}

/**
 * The project in a URL. Dots are encoded too, because GitLab's router would take the text after a
 * dot as a format.
 */
function projectId(path: GitAddress['path']): string {
  return encodeURIComponent(path.join('/')).replaceAll('.', '%2E')
}

/** The headers with the credential for GitLab. */
export function gitlabHeaders({ token }: GitlabProject): Readonly<Record<string, string>> {
  return { 'private-token': token }
}
