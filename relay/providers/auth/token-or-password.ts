import type { z } from 'zod'
import { headerTextError } from '../header-text.ts'
import { optionalSecretText, optionalText, optionalToken } from '../settings.ts'

/** The fields of a type that uses the Secret's `password` when it has no `token`. */
export const tokenOrPasswordFields = () => ({
  token: optionalToken(),
  username: optionalText(),
  password: optionalSecretText(),
})

interface Credentials {
  readonly token: string
  readonly username: string
  readonly password: string
}

/**
 * The token, or else the password. It is sent in a header as it is, unless the password belongs to
 * a user name. Adds an issue when neither can be used.
 */
export function tokenOrPassword(
  { token, username, password }: Credentials,
  context: z.RefinementCtx,
  passwordIs: 'a token' | 'of a pair' = 'a token',
): string {
  if (token !== '') return token
  const problem = passwordIs === 'a token' ? headerTextError(password) : undefined
  if (problem !== undefined) addIssue(context, 'password', problem)
  if (password === '') {
    addIssue(context, 'token', 'the Secret named by spec.secretRef needs the key token or password')
  } else if (username === '') {
    addIssue(context, 'username', 'the Secret has a password but no username; add it, or use token')
  }
  return password
}

function addIssue(context: z.RefinementCtx, field: keyof Credentials, message: string) {
  context.addIssue({ code: 'custom', path: [field], message })
}
