import { generateKeyPairSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createManifestsFolder } from '../../hosts/embedded/manifests/folder.ts'
import { type LoadedManifests, ManifestLoader } from '../../hosts/embedded/manifests/loader.ts'
import type { ConfigSnapshot } from '../../relay/model/config.ts'
import { parseObjects } from '../../relay/model/parse-objects.ts'
import type { Provider } from '../../relay/model/provider.ts'
import { type SecretData, storedSecret } from '../../relay/model/secret.ts'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import type { SecretStore } from '../../relay/ports/secret-store.ts'
import type { ProviderType } from '../../relay/providers/contract.ts'
import { providerTypes } from '../../relay/providers/registry.ts'
import { projectPath, readProjectFile } from './project.ts'

/** The cluster that the examples are for. */
export const CLUSTER = 'local'

/** A file of an example, from the project's folder. */
export interface ExampleFile {
  readonly file: string
  readonly text: string
}

/**
 * The manifests of `examples/providers/TYPE.yaml`, loaded as a relay loads them. Their Secrets are in
 * a file of their own, so that nobody applies placeholders to a cluster.
 */
export interface Example {
  readonly type: ProviderType
  readonly objects: ExampleFile
  /** Undefined for a type that needs no Secret. */
  readonly secretsFile: ExampleFile | undefined
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
  const secretsPath = `examples/secrets/providers/${name}.yaml`
  const secretsFile = existsSync(projectPath(secretsPath)) ? readFile(secretsPath) : undefined
  const { manifests, problems } = await load(file)
  const loaded = secretsFile && (await load(secretsPath))
  const secrets = withPrivateKeys(loaded?.secrets ?? new Map())
  const store: SecretStore = {
    async read(_cluster, namespace, secret) {
      const data = secrets.get(`${namespace}/${secret}`)
      return data && storedSecret(data)
    },
  }
  const [first, ...variants] = parseObjects(CLUSTER, manifests).providers.map((provider) => {
    const { metadata, spec } = provider
    const secret = secrets.get(`${metadata.namespace}/${spec.secretRef?.name}`) ?? {}
    return { provider, secret }
  })
  if (!first) throw new Error(`${file}: expected a Provider`)
  return {
    type,
    objects: readFile(file),
    secretsFile,
    problems: [...problems, ...(loaded?.problems ?? [])],
    snapshot: await reconcile(CLUSTER, manifests, 0, store),
    providers: [first, ...variants],
    secrets: store,
  }
}

/** The line for editors leads to a schema beside the file, not beside the page. */
const SCHEMA_LINE = /^# yaml-language-server: .*\n/

function readFile(file: string): ExampleFile {
  return { file, text: readProjectFile(file).replace(SCHEMA_LINE, '') }
}

function load(file: string): Promise<LoadedManifests> {
  return createManifestsFolder({
    path: projectPath(file),
    loader: new ManifestLoader(CLUSTER),
  }).load()
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
