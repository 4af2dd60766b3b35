import type { z } from 'zod'
import { authorization } from '../messages/json-request.ts'
import { optionalSecretText, optionalText, optionalToken } from '../settings.ts'

/** The fields of a type that accepts a token, or a user name with a password, or neither. */
export const basicOrBearerFields = () => ({
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
 * The `Authorization` header. If there is both a token and a pair, the `preferred` one is used. A
 * name without a password, such as a display name in the spec, gives way to a token. Adds an issue
 * when half of a pair is missing.
 */
export function basicOrBearer(
  { token, username, password }: Credentials,
  preferred: 'Basic' | 'Bearer',
  context: z.RefinementCtx,
): Readonly<Record<string, string>> {
  if (username === '' && password !== '') {
    addIssue(context, 'username', 'the Secret has a password but no username; add the username')
  }
  if (username !== '' && password === '' && token === '') {
    addIssue(
      context,
      'password',
      'there is a username but no password; add the password to the Secret named by spec.secretRef, or remove spec.username',
    )
  }
  const basic = password === '' ? {} : basicAuthorization(username, password)
  const bearer = authorization('Bearer', token)
  return preferred === 'Basic' ? { ...bearer, ...basic } : { ...basic, ...bearer }
}

/** The value of a Basic `Authorization` header (RFC 7617); undefined without a user name. */
export function basicAuthorization(username: string, password: string) {
  const pair = username === '' ? '' : `${username}:${password}`
  return authorization('Basic', Buffer.from(pair).toString('base64'))
}

function addIssue(context: z.RefinementCtx, field: keyof Credentials, message: string) {
  context.addIssue({ code: 'custom', path: [field], message })
}
