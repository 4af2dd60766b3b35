import type { SecretData } from '../../relay/model/secret.ts'
import type { ProviderType } from '../../relay/providers/contract.ts'
import { ProviderSettingsError } from '../../relay/providers/settings-input.ts'
import { settingsOf } from './notifications.ts'
import { serviceAccountKey } from './service-account.ts'

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
  'nats://service.test:4222',
  'https://service.test/scm/PROJECT/repository.git',
  'service.test',
  'smtp://service.test',
  'arn:aws:sns:eu-west-1:111122223333:deployments',
  'arn:aws:sqs:eu-west-1:111122223333:deployments',
  'arn:aws:events:eu-west-1:111122223333:event-bus/default',
] as const

const CHANNELS = ['general', '@general', 'general/alerts', 'ops@service.test'] as const

const SECRETS: readonly SecretData[] = [
  { token: 'user:app-password', accesskey: 'AKIDEXAMPLE', secretkey: 'secret-access-key' },
  { token: serviceAccountKey() },
  // Last, since some types do without a token by an identity that tests do not bind.
  { username: 'user', password: 'app-password' },
  { username: 'user@service.test', password: 'app-password' },
]

/** Finds what a type takes by asking its schema, so that a new type needs no entry anywhere. */
export function plainProvider(type: ProviderType): PlainProvider {
  const candidates = SECRETS.flatMap((secret) =>
    CHANNELS.flatMap((channel) =>
      ADDRESSES.map((address) => ({ spec: { type: type.type, address, channel }, secret })),
    ),
  )
  const found = candidates.find(({ spec, secret }) => takes(type, spec, secret))
  if (!found) throw new Error(`test/support/plain-provider.ts has nothing that ${type.type} takes`)
  return found
}

/** Whether the settings of a type can be read from a spec and a Secret. */
export function takes(
  type: ProviderType,
  spec: Readonly<Record<string, unknown>>,
  secret: SecretData,
): boolean {
  try {
    settingsOf(type, spec, secret)
    return true
  } catch (error) {
    if (error instanceof ProviderSettingsError) return false
    throw error
  }
}
