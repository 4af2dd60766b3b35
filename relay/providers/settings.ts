import { z } from 'zod'
import { headerTextError } from './header-text.ts'
import { secretPartsOfHeader, secretPartsOfUrl } from './secret-parts.ts'
import { ProviderSettingsError, type SettingsInput } from './settings-input.ts'
import { decodeUserInfo, type UserInfo } from './user-info.ts'

/** How a settings field is masked in everything that the relay shows. */
type Mask = 'all' | 'path-and-query'

const sensitiveFields = z.registry<{ readonly mask: Mask }>()

/** Marks a field whose whole value is a secret. */
export function sensitive<T extends z.ZodType>(schema: T): T {
  sensitiveFields.add(schema, { mask: 'all' })
  return schema
}

/** A plain optional text; empty when absent. */
export const optionalText = () => z.string()

const TOKEN_MISSING = 'the Secret named by spec.secretRef needs the key token'

/** A token that the type sends in a header, and needs. `what` is the error when it is missing. */
export function requiredToken(what = TOKEN_MISSING) {
  return sensitive(headerText().min(1, what))
}

/** A token that the type sends in a header. It may be empty. */
export function optionalToken() {
  return sensitive(headerText())
}

/** A secret text of any characters that the type needs. */
export function requiredSecretText(what = TOKEN_MISSING) {
  return sensitive(z.string().min(1, what))
}

/** A secret text of any characters. It may be empty. */
export function optionalSecretText() {
  return sensitive(z.string())
}

function headerText() {
  return z.string().superRefine((text, context) => {
    const message = headerTextError(text)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
}

/** The form of a header's name: RFC 9110, section 5.6.2. */
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/

/** The Secret's `headers`, for the headers of a request. Their values are secret. */
export function headerMap() {
  const schema = z.record(z.string(), z.string()).superRefine((headers, context) => {
    for (const [index, entry] of Object.entries(headers).entries()) {
      const problem = headerError(entry)
      if (problem === undefined) continue
      // By its number: where a value was written in place of a name, the name would show it.
      context.addIssue({
        code: 'custom',
        message: `entry ${index + 1} ${problem}`,
      })
    }
  })
  return sensitive(schema)
}

function headerError([name, value]: readonly [string, string]): string | undefined {
  if (!HEADER_NAME.test(name)) return 'has a name that an HTTP header cannot have'
  return headerTextError(value)
}

/**
 * The Secret's `headers` as texts of any characters, for a type that does not make headers of them.
 */
export function textMap() {
  return sensitive(z.record(z.string(), z.string()))
}

const ADDRESS_MISSING =
  'set spec.address, or the key address in the Secret named by spec.secretRef, to an http:// or https:// URL'

const ADDRESS_OPTIONAL =
  'expected an http:// or https:// URL; remove spec.address, and the key address of the Secret, to use the public service'

/**
 * How the user info of an address is used: `sent` as `Basic` with each request that has no
 * `Authorization` of its own, or `read` as a key by the type itself. Without an entry it is
 * ignored.
 */
const userInfoUses = z.registry<{ readonly use: 'sent' | 'read' }>()

/**
 * The URL that the type posts to. Chat webhooks contain their credential in it, so it is masked.
 */
export function webhookAddress() {
  return sentTo(httpUrl())
}

/**
 * The URL that the type posts to, for a type that knows its service's URL. Empty means that URL.
 */
export function optionalWebhookAddress() {
  return sentTo(
    z.string().refine((text) => text === '' || isHttpUrl(text), { error: ADDRESS_OPTIONAL }),
  )
}

function sentTo<T extends z.ZodType>(schema: T): T {
  sensitiveFields.add(schema, { mask: 'path-and-query' })
  userInfoUses.add(schema, { use: 'sent' })
  return schema
}

/** A URL whose user info is a key that the type reads, and whose path is secret. */
export function addressWithKey() {
  const schema = httpUrl()
  sensitiveFields.add(schema, { mask: 'path-and-query' })
  userInfoUses.add(schema, { use: 'read' })
  return schema
}

/** An http or https URL that is not secret. */
export function httpUrl() {
  return z
    .string()
    .min(1, ADDRESS_MISSING)
    .refine((text) => text === '' || isHttpUrl(text), { error: ADDRESS_MISSING })
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text)
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:'
  // Nothing can listen on port 0.
  return isHttp && url.port !== '0'
}

/** Applies a type's schema. Throws a `ProviderSettingsError` that names every wrong field. */
export function parseProviderSettings<S>(schema: z.ZodType<S>, input: SettingsInput): S {
  const isRead = userInfoUse(schema) === 'read'
  const address = isRead ? input.addressWithUserInfo : input.address
  const result = schema.safeParse({ ...input, address })
  if (result.success) return result.data
  throw new ProviderSettingsError(
    result.error.issues
      .map((issue) => `${issue.path.join('.') || 'settings'}: ${issue.message}`)
      .join('; '),
  )
}

/**
 * The user info of the address, if the type sends it. Throws `ProviderSettingsError` when it cannot be
 * decoded.
 */
export function sentUserInfo(schema: z.ZodType, { userInfo }: SettingsInput): UserInfo | undefined {
  if (userInfo === undefined || userInfoUse(schema) !== 'sent') return undefined
  const decoded = decodeUserInfo(userInfo)
  if (decoded !== undefined) return decoded
  throw new ProviderSettingsError(
    'address: a % in its user name or password must be written as %25',
  )
}

function userInfoUse(schema: z.ZodType) {
  const { address } = fieldsOf(schema)
  return address && userInfoUses.get(address)?.use
}

function fieldsOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> {
  const object = schema instanceof z.ZodPipe ? schema.in : schema
  return object instanceof z.ZodObject ? (object.shape as Record<string, z.ZodType>) : {}
}

/** The values of a type's sensitive fields, and the secret parts of its address. */
export function sensitiveValues(schema: z.ZodType, input: SettingsInput): readonly string[] {
  return Object.entries(fieldsOf(schema)).flatMap(([field, fieldSchema]) => {
    const mask = sensitiveFields.get(fieldSchema)?.mask
    const value = input[field as keyof SettingsInput]
    if (mask === undefined || value === undefined) return []
    if (typeof value !== 'string') return Object.values(value).flatMap(secretPartsOfHeader)
    return mask === 'all' ? [value] : secretPartsOfUrl(value)
  })
}
