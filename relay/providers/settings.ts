import { parseDocument } from 'yaml'
import { z } from 'zod'
import type { Provider } from '../model/provider.ts'
import type { SecretData } from '../model/secret.ts'

/**
 * A Provider and its Secret as the types' settings schemas read them: the rules that all types
 * share are applied, nothing is checked that only some types need.
 */
export interface SettingsInput {
  /** The Secret's `address` (trimmed, present even when blank) before the spec's. */
  readonly address: string
  readonly channel: string
  /** From spec; the Secret's only beside a password. */
  readonly username: string
  readonly password: string
  readonly token: string
  /** The Secret's YAML map `headers`. */
  readonly headers: Readonly<Record<string, string>>
  readonly serviceAccountName: string
  readonly providerUid: string
  /** The Provider's annotations of the relay, without the prefix `flux-relay.io/`. */
  readonly annotations: Readonly<Record<string, string>>
  /** All keys of the Secret. */
  readonly secret: SecretData
}

/** A Provider that cannot work as it is configured; the message names the field and the fix. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

const MAX_ADDRESS_BYTES = 2_048
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/
const Headers = z.record(
  z.string().regex(HEADER_NAME, 'expected an HTTP header name'),
  z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'expected a header value of one line'),
)

/** Reads what all types share. Throws `SettingsError`. */
export function settingsInput(provider: Provider, secret: SecretData): SettingsInput {
  const { spec } = provider
  const address = secret.address === undefined ? spec.address : secret.address.trim()
  if (Buffer.byteLength(address) > MAX_ADDRESS_BYTES) {
    throw new SettingsError(`address: longer than ${MAX_ADDRESS_BYTES} bytes`)
  }
  return {
    address,
    channel: spec.channel,
    ...basicCredentials(spec.username, secret),
    token: secret.token ?? '',
    headers: parseHeaders(secret.headers),
    serviceAccountName: spec.serviceAccountName,
    providerUid: provider.metadata.uid,
    annotations: provider.annotations,
    secret,
  }
}

/**
 * The Secret's `username` and `password` are a pair; the spec's username may supply the name.
 * notification-controller drops both without a word when one is missing; that is an error here.
 */
function basicCredentials(specUsername: string, secret: SecretData) {
  const password = secret.password ?? ''
  const secretUsername = secret.username ?? ''
  if (secretUsername !== '' && password === '') {
    throw new SettingsError(
      'secretRef: the Secret has a username but no password; add the password',
    )
  }
  return { username: secretUsername || specUsername, password }
}

function parseHeaders(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined || text.trim() === '') return {}
  const value = parseYaml(text)
  const headers = Headers.safeParse(value)
  if (headers.success) return headers.data
  const [name] = headers.error.issues[0]?.path ?? []
  // By its number: where a value was written in place of a name, the name would show it.
  const number = Object.keys(Object(value)).indexOf(String(name)) + 1
  throw new SettingsError(
    `secretRef: the Secret key headers is not a map of header names to one-line values${number > 0 ? `: see its entry ${number}` : ''}`,
  )
}

/** The library prints warnings, and they quote the text; with any, the value is not what it says. */
function parseYaml(text: string): unknown {
  const document = parseDocument(text, { schema: 'failsafe', logLevel: 'silent' })
  try {
    if (document.errors.length === 0 && document.warnings.length === 0) {
      return document.toJS({ maxAliasCount: 20 })
    }
  } catch {
    // An alias that leads nowhere, or to too much.
  }
  throw new SettingsError(
    'secretRef: the Secret key headers is not YAML; put values with special characters in quotes',
  )
}

/** How a settings field is masked in all that the relay says. */
type Mask = 'all' | 'path-and-query'

const sensitiveFields = z.registry<{ readonly mask: Mask }>()

/** Marks a field whose whole value is a secret. */
export function sensitive<T extends z.ZodType>(schema: T): T {
  sensitiveFields.add(schema, { mask: 'all' })
  return schema
}

/** A plain optional text; empty when absent. */
export const optionalText = () => z.string()

/** A secret text that the type cannot work without. `what` says where it comes from. */
export function requiredToken(what = 'the Secret named by spec.secretRef needs the key token') {
  return sensitive(z.string().min(1, what))
}

/** A secret text that may be empty. */
export function optionalToken() {
  return sensitive(z.string())
}

/** The Secret's `headers`, whose values are secret. */
export function headerMap() {
  return sensitive(z.record(z.string(), z.string()))
}

const ADDRESS_MISSING =
  'set spec.address, or the key address in the Secret named by spec.secretRef, to an http:// or https:// URL'

const ADDRESS_OPTIONAL =
  'expected an http:// or https:// URL; remove spec.address, and the key address of the Secret, to use the public service'

/** The URL that the type posts to. Chat webhooks hold their credential in it, so it is masked. */
export function webhookAddress() {
  const schema = httpUrl()
  sensitiveFields.add(schema, { mask: 'path-and-query' })
  return schema
}

/** The same, for a type that knows its service's URL; empty means that one. */
export function optionalWebhookAddress() {
  const schema = z
    .string()
    .refine((text) => text === '' || isHttpUrl(text), { error: ADDRESS_OPTIONAL })
  sensitiveFields.add(schema, { mask: 'path-and-query' })
  return schema
}

/** An http or https URL that is no secret. */
export function httpUrl() {
  return z
    .string()
    .min(1, ADDRESS_MISSING)
    .refine((text) => text === '' || isHttpUrl(text), { error: ADDRESS_MISSING })
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:')
}

/** Applies a type's schema. Throws `SettingsError` that names every wrong field. */
export function parseSettings<S>(schema: z.ZodType<S>, input: SettingsInput): S {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  throw new SettingsError(
    result.error.issues
      .map((issue) => `${issue.path.join('.') || 'settings'}: ${issue.message}`)
      .join('; '),
  )
}

/** The values of a type's sensitive fields, and the parts of its address that are. */
export function sensitiveValues(schema: z.ZodType, input: SettingsInput): readonly string[] {
  const object = schema instanceof z.ZodPipe ? schema.in : schema
  if (!(object instanceof z.ZodObject)) return []
  return Object.entries(object.shape as Record<string, z.ZodType>).flatMap(
    ([field, fieldSchema]) => {
      const mask = sensitiveFields.get(fieldSchema)?.mask
      const value = input[field as keyof SettingsInput]
      if (mask === undefined || value === undefined) return []
      if (typeof value !== 'string') return Object.values(value).flatMap(secretPartsOfHeader)
      return mask === 'all' ? [value] : secretPartsOfUrl(value)
    },
  )
}

/** A header's value, of `Bearer abc` the `abc`, and of `Basic …` the pair: services echo parts. */
export function secretPartsOfHeader(value: string): readonly string[] {
  const credential = value.slice(value.indexOf(' ') + 1)
  const pair = Buffer.from(credential, 'base64').toString()
  return [value, credential, ...(/^basic /i.test(value) ? [pair] : [])]
}

/** The user info, path, query and fragment of a URL; all of a text that is no URL. */
export function secretPartsOfUrl(text: string): readonly string[] {
  const url = URL.parse(text)
  if (url === null) return [text]
  const parts = [url.username, url.password, url.pathname, url.search.slice(1), url.hash.slice(1)]
  return [...parts, ...url.searchParams.values()]
}
