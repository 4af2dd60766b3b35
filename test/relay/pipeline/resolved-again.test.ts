import { expect, it } from 'vitest'
import { parseProvider } from '../../../relay/model/parse-objects.ts'
import type { SecretData } from '../../../relay/model/secret.ts'
import { resolveProvider } from '../../../relay/pipeline/resolve-provider.ts'
import { providerTypes } from '../../../relay/providers/registry.ts'
import { provider } from '../../support/relay-harness.ts'
import { secretsFound } from '../../support/secret-store.ts'

const REFERENCES = {
  secretRef: { name: 'main' },
  certSecretRef: { name: 'cert' },
  proxySecretRef: { name: 'proxy' },
}

/** Resolves one Provider as often as it is called, on a store that reads new objects each time. */
function resolving(secrets: Record<string, SecretData>, spec: object = REFERENCES) {
  const type = providerTypes.get('generic')
  const parsed = parseProvider('local', provider('a', { type: 'generic', ...spec }))
  if (!('object' in parsed) || !type) throw new Error('the Provider is not valid')
  const store = secretsFound((_, name) => secrets[name] && { ...secrets[name] })
  return () => resolveProvider('local', parsed.object, type, store)
}

const secrets = () => ({
  main: { address: 'https://a.test' },
  cert: {},
  proxy: { address: 'http://p.test' },
})

it('a Provider is resolved once while its Secrets are the same, whatever objects they are', async () => {
  const { secretRef, proxySecretRef } = REFERENCES
  const resolve = resolving(secrets(), { secretRef, proxySecretRef })
  const first = await resolve()
  expect(first.kind).toBe('resolved')
  expect(await resolve()).toBe(first)
  const without = resolving({}, { address: 'https://a.test' })
  expect(await without()).toBe(await without())
})

it.each([
  ['main', { address: 'https://b.test' }],
  ['main', { address: 'https://a.test', headers: 'X-Key: a' }],
  ['proxy', { address: 'http://other.test' }],
  ['cert', { 'ca.crt': 'not a certificate' }],
])('a Provider is resolved anew when its Secret %s has become %o', async (name, data) => {
  const stored: Record<string, SecretData> = secrets()
  const resolve = resolving(stored)
  const first = await resolve()
  stored[name] = data
  const second = await resolve()
  expect(second).not.toBe(first)
  expect(await resolve()).toBe(second)
})
