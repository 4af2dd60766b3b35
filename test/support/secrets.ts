import { randomUUID } from 'node:crypto'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { createSecretsManagerClient } from '../../adapters/aws/clients.ts'
import { type AwsEndpoint, fitted } from './aws-endpoints.ts'
import { deleteSecret, putSecret, type SecretContent } from './aws-secrets.ts'
import { type AwsRequest, intercept } from './intercept.ts'
import { startSecretsManager } from './secrets-manager.ts'

/** Secrets of a test's own. */
export interface OpenSecrets {
  readonly client: SecretsManagerClient
  /** What all their ids begin with. */
  readonly prefix: string
  /** Ids whose value was asked for, without the prefix. */
  readonly reads: readonly string[]
  /** By its id without the prefix. */
  put(name: string, content: SecretContent): Promise<void>
  /** From now on all reads fail with this; undefined: no more. */
  failReads(error: Error | undefined): void
  /** Does something before the client's next request of this operation, which fails if that does. */
  before(operation: string, work: (request: AwsRequest) => void | Promise<void>): void
}

/** Runs Secrets Manager for a test file. */
export function secretsManager(): { openSecrets(): OpenSecrets } {
  let endpoint: AwsEndpoint
  let admin: SecretsManagerClient
  const closers: (() => Promise<void>)[] = []
  beforeAll(async () => {
    endpoint = await startSecretsManager()
    admin = fitted(createSecretsManagerClient(endpoint.options))
  })
  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
  })
  afterAll(async () => {
    admin.destroy()
    await endpoint.stop()
  })
  return {
    openSecrets() {
      const client = fitted(createSecretsManagerClient(endpoint.options))
      const prefix = `flux-relay-test-${randomUUID()}`
      const ids = new Set<string>()
      closers.push(async () => {
        client.destroy()
        for (const id of ids) await deleteSecret(admin, id)
      })
      return {
        client,
        prefix,
        ...watch(client, prefix, ids),
        async put(name, content) {
          ids.add(`${prefix}/${name}`)
          await putSecret(admin, `${prefix}/${name}`, content)
        },
      }
    },
  }
}

/** `created` gets the id of each secret that the client creates. */
function watch(client: SecretsManagerClient, prefix: string, created: Set<string>) {
  const reads: string[] = []
  const works = new Map<string, (request: AwsRequest) => void | Promise<void>>()
  let failure: Error | undefined
  intercept(client, async (request, pass) => {
    const { operation, input } = request
    const { SecretId = '', Name = '' } = input as { SecretId?: string; Name?: string }
    if (operation === 'CreateSecret') created.add(Name)
    const work = works.get(operation)
    works.delete(operation)
    await work?.(request)
    if (operation !== 'GetSecretValue') return pass()
    reads.push(SecretId.replace(`${prefix}/`, ''))
    if (failure) throw failure
    return pass()
  })
  return {
    reads,
    failReads(error: Error | undefined) {
      failure = error
    },
    before(operation: string, work: (request: AwsRequest) => void | Promise<void>) {
      works.set(operation, work)
    },
  }
}
