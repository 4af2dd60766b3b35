import type { SecretData } from '../../relay/model/secret.ts'
import type { ProviderType } from '../../relay/providers/contract.ts'
import { isHttpProvider } from '../../relay/providers/contract.ts'
import { SettingsError } from '../../relay/providers/settings.ts'
import { settingsOf } from './notifications.ts'

/** A spec and a Secret that a type takes. */
export interface PlainProvider {
  readonly spec: { readonly type: string; readonly address: string; readonly channel: string }
  readonly secret: SecretData
}

/** Each is taken by some type; the first that fits is used. */
const ADDRESSES = [
  'https://service.test/owner/repository',
  'https://key@service.test/42',
  'https://service.test/organization/project/_git/repository',
] as const

/** Finds what a type takes by asking its schema, so that a new type needs no entry anywhere. */
export function plainProvider(type: ProviderType): PlainProvider {
  const secret = { token: 'user:app-password' }
  const specs = ADDRESSES.map((address) => ({ type: type.type, address, channel: 'general' }))
  const spec = specs.find((candidate) => takes(type, candidate, secret))
  if (!spec) throw new Error(`${type.type} takes no address of test/support/plain-provider.ts`)
  return { spec, secret }
}

/** Whether the settings of a type can be read from a spec and a Secret. */
export function takes(
  type: ProviderType,
  spec: Readonly<Record<string, unknown>>,
  secret: SecretData,
): boolean {
  if (!isHttpProvider(type)) return false
  try {
    settingsOf(type, spec, secret)
    return true
  } catch (error) {
    if (error instanceof SettingsError) return false
    throw error
  }
}
