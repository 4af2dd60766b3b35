import { z } from 'zod'
import type { ProviderType } from '../../relay/providers/contract.ts'
import { parseProviderSettings, sensitiveValues } from '../../relay/providers/settings.ts'
import {
  ProviderSettingsError,
  type SettingsInput,
  settingsInput,
} from '../../relay/providers/settings-input.ts'
import type { Example, ExampleProvider } from './example.ts'
import { inlineCode, markdownTable } from './markdown.ts'

/** Where a person sets what the schemas read. `secret` is all keys, `providerUid` no setting. */
const PLACES = {
  address: '`spec.address`, or `address` in the Secret',
  channel: '`spec.channel`',
  username: '`spec.username`, or `username` in the Secret',
  password: '`password` in the Secret',
  token: '`token` in the Secret',
  headers: '`headers` in the Secret',
  serviceAccountName: '`spec.serviceAccountName`',
} as const satisfies Partial<Record<keyof SettingsInput, string>>

type Field = keyof typeof PLACES

/** What a type's schema says of each setting, found out by asking it. */
export function settingsTable(example: Example): string {
  const rows = settingsOf(example).map(({ place, needed, masked, missing = '' }) => [
    place,
    needed,
    masked,
    missing,
  ])
  return markdownTable(['Setting', 'Needed', 'Masked', 'What the relay says without it'], rows)
}

interface Setting {
  readonly place: string
  readonly needed: string
  readonly masked: 'yes' | 'all but the host' | 'no'
  /** What the relay says without it; undefined when it works without. */
  readonly missing: string | undefined
}

function settingsOf({ type, providers }: Example): readonly Setting[] {
  const [main] = providers
  const fields = (Object.keys(PLACES) as Field[]).filter((field) => fieldsOf(type).includes(field))
  const own = new Set(providers.flatMap(ownKeys))
  return [
    ...fields.map((field) => ({
      place: PLACES[field],
      masked: maskOf(type, main, field),
      ...needOf(type, providers, field),
    })),
    ...[...own].map((key) => ({
      place: `${inlineCode(key)} in the Secret`,
      masked: 'yes' as const,
      ...needOf(type, providers, key),
    })),
  ]
}

/** Keys of the Secret that the type itself reads, beside those that several types have. */
function ownKeys({ secret }: ExampleProvider): readonly string[] {
  return Object.keys(secret).filter((key) => !(key in PLACES))
}

/** Of a user name and a password, where both may be missing, one needs the other. */
const PAIRED = new Map([
  ['username', 'password'],
  ['password', 'username'],
])

/** Whether the main example needs a setting, or else the first variant that does. */
function needOf(
  type: ProviderType,
  [main, ...variants]: Example['providers'],
  field: string,
): Pick<Setting, 'needed' | 'missing'> {
  const missing = problemWithout(type, main, [field])
  if (missing !== undefined) {
    const other = PAIRED.get(field)
    const isNeeded = other === undefined || problemWithout(type, main, [field, other])
    return { needed: isNeeded ? 'yes' : `with ${inlineCode(other)}`, missing }
  }
  for (const variant of variants) {
    const problem = problemWithout(type, variant, [field])
    const name = inlineCode(variant.provider.metadata.name)
    if (problem !== undefined) return { needed: `for ${name}`, missing: problem }
  }
  return { needed: 'no', missing }
}

function fieldsOf({ settings }: ProviderType): readonly string[] {
  const object = settings instanceof z.ZodPipe ? settings.in : settings
  return object instanceof z.ZodObject ? Object.keys(object.shape) : []
}

/** What the relay says of an example's Provider without some fields of spec and keys of the Secret. */
function problemWithout(
  { settings }: ProviderType,
  { provider, secret }: ExampleProvider,
  without: readonly string[],
): string | undefined {
  const rest = Object.fromEntries(Object.entries(secret).filter(([key]) => !without.includes(key)))
  const blank = without.filter((field) => field in PLACES).map((field) => [field, ''])
  const spec = { ...provider.spec, ...Object.fromEntries(blank) }
  try {
    parseProviderSettings(settings, settingsInput({ ...provider, spec }, rest))
    return undefined
  } catch (error) {
    if (error instanceof ProviderSettingsError) return error.message
    throw error
  }
}

const PATH = 'secret/path'

/** Whether all of a value is masked, or of a URL what is not its host. */
function maskOf(
  { settings }: ProviderType,
  { provider }: ExampleProvider,
  field: Field,
): Setting['masked'] {
  const value = `https://host.example.com/${PATH}`
  const probe = field === 'headers' ? { authorization: value } : value
  const values = sensitiveValues(settings, { ...settingsInput(provider, {}), [field]: probe })
  if (values.includes(value)) return 'yes'
  return values.some((text) => text.includes(PATH)) ? 'all but the host' : 'no'
}
