import { describe, expect, it } from 'vitest'
import { parseProvider } from '../../relay/model/parse-objects.ts'
import { resolveProvider } from '../../relay/pipeline/resolve-provider.ts'
import { createCanaries } from '../support/canaries.ts'
import { type CanaryVariant, canaryProvider, HTTP_TYPES } from '../support/canary-providers.ts'
import { secretsFound } from '../support/secret-store.ts'

const ORIGIN = 'https://hooks.fleet-example.test:8443'

/** What stands beside secrets in addresses, connection strings, accounts, headers and answers. */
const BESIDE = [
  `connect ECONNREFUSED ${ORIGIN}`,
  'getaddrinfo ENOTFOUND hooks.fleet-example.test',
  'sb://fleet.servicebus.windows.net/ answered 401',
  'https://oauth2.googleapis.com/token answered 400',
  'expected Endpoint, SharedAccessKeyName, SharedAccessKey and EntityPath',
  '{"error":{"code":401,"message":"Invalid Authorization header","status":"UNAUTHENTICATED"}}',
  'private_key, private_key_id, client_email and project_id of a service_account',
  'headers: Authorization, X-Basic, Cookie, X-Key; keys: address, username, password, token, proxy',
]

describe.each(HTTP_TYPES)('$type', (type) => {
  it.each<CanaryVariant>(['secret', 'inline'])(
    'leaves schemes, hosts and names of fields readable (%s)',
    async (variant) => {
      const canaries = createCanaries()
      const target = { type, name: 'p', variant, origin: ORIGIN, path: 'path-1' }
      const { manifests, secrets } = canaryProvider(canaries, target)
      const [manifest] = manifests
      const parsed = manifest && parseProvider('local', manifest)
      if (!parsed || !('object' in parsed)) throw new Error('the Provider is not valid')
      const store = secretsFound((_, name) => secrets.get(name))
      const resolved = await resolveProvider('local', parsed.object, type, store)
      if (resolved.kind !== 'resolved') throw new Error(resolved.reason)
      expect(BESIDE.map(resolved.redact)).toEqual(BESIDE)
      // Else nothing would be masked at all.
      const planted = [...secrets.values()].flatMap((data) => Object.values(data)).join('\n')
      expect(canaries.leaksIn(planted)).not.toEqual([])
      expect(canaries.leaksIn(resolved.redact(planted))).toEqual([])
    },
  )
})
