import { generateKeyPairSync } from 'node:crypto'
import { createManifestsFolder } from '../../embedded/manifests/folder.ts'
import type { LoadedManifests } from '../../embedded/manifests/loader.ts'
import type { ConfigSnapshot } from '../../relay/model/config.ts'
import type { Provider } from '../../relay/model/provider.ts'
import type { SecretData } from '../../relay/model/secret.ts'
import { parseObjects } from '../../relay/parse-objects.ts'
import type { SecretStore } from '../../relay/ports.ts'
import type { ProviderType } from '../../relay/providers/contract.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import { reconcile } from '../../relay/reconcile.ts'
import { projectPath, readProjectFile } from './project.ts'

/** The cluster that the examples are for. */
export const CLUSTER = 'local'

/** The manifests of `examples/providers/TYPE.yaml`, loaded as a relay loads them. */
export interface Example {
  readonly type: ProviderType
  readonly file: string
  readonly text: string
  readonly problems: LoadedManifests['problems']
  readonly snapshot: ConfigSnapshot
  /** In the order of the file. What follows the first are variants of it. */
  readonly providers: readonly [ExampleProvider, ...ExampleProvider[]]
  readonly secrets: SecretStore
}

/** A Provider of an example. */
export interface ExampleProvider {
  readonly provider: Provider
  /** The keys of its Secret. */
  readonly secret: SecretData
}

/** Rejects when there is no such type or file, or when the file holds no Provider. */
export async function loadExample(name: string): Promise<Example> {
  const type = providerTypes.get(name)
  if (!type) throw new Error(`there is no provider type ${name}`)
  const file = `examples/providers/${name}.yaml`
  const folder = createManifestsFolder({ path: projectPath(file), cluster: CLUSTER })
  const { manifests, problems, ...loaded } = await folder.load()
  const secrets = withPrivateKeys(loaded.secrets)
  const store: SecretStore = {
    read: async (_cluster, namespace, secret) => secrets.get(`${namespace}/${secret}`),
  }
  const [first, ...variants] = parseObjects(CLUSTER, manifests).providers.map((provider) => {
    const { metadata, spec } = provider
    const secret = secrets.get(`${metadata.namespace}/${spec.secretRef?.name}`) ?? {}
    return { provider, secret }
  })
  if (!first) throw new Error(`${file}: expected a Provider`)
  return {
    type,
    file,
    text: readProjectFile(file),
    problems,
    snapshot: await reconcile(CLUSTER, manifests, 0, store),
    providers: [first, ...variants],
    secrets: store,
  }
}

/** What an example has where a private key belongs: none that works is for a repository. */
const KEY_PLACEHOLDER =
  '-----BEGIN PRIVATE KEY-----\\nYOUR-PRIVATE-KEY\\n-----END PRIVATE KEY-----\\n'

/** The Secrets with keys that can be used, made for this run. */
function withPrivateKeys(secrets: LoadedManifests['secrets']): LoadedManifests['secrets'] {
  const inJson = () => JSON.stringify(newPrivateKey()).slice(1, -1)
  const filled = (data: SecretData) =>
    Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, value.replace(KEY_PLACEHOLDER, inJson)]),
    )
  return new Map([...secrets].map(([name, data]) => [name, filled(data)]))
}

function newPrivateKey(): string {
  return generateKeyPairSync('rsa', {
    modulusLength: 2_048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey
}
