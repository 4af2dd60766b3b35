import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { SecretsManagerStore } from '../../adapters/aws/secrets-manager.ts'
import { SecretsManagerCopies } from '../../adapters/aws/secrets-manager-copies.ts'
import { openDatabase } from '../../adapters/sqlite/database.ts'
import { createKubernetesClient } from '../../hosts/shipper/kubernetes/client.ts'
import type { SecretCopies } from '../../hosts/shipper/secrets/secret-copies.ts'
import { createSecretSync } from '../../hosts/shipper/secrets/secret-sync.ts'
import { SPOOL_SCHEMA } from '../../hosts/shipper/spool/schema.ts'
import { DatabaseSyncMemory } from '../../hosts/shipper/spool/sync-memory.ts'
import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import type { SecretData } from '../../relay/model/secret.ts'
import type { TestCluster } from './kubernetes/cluster.ts'
import { ManualClock } from './manual-clock.ts'
import type { OpenSecrets } from './secrets.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export const GRACE_MS = 3_600_000

export interface SyncOptions {
  readonly cluster: TestCluster
  readonly secrets: OpenSecrets
  readonly clock?: ManualClock
  /** Where the copies are; one secret each unless others are given. */
  readonly copies?: SecretCopies
  /** Of the memory; a folder of its own unless one is given. */
  readonly directory?: string
  readonly target?: string
  /** `GRACE_MS` unless another time is given. */
  readonly graceMs?: number
  /** Undefined: they are not known yet. */
  readonly providers?: readonly KubernetesObject[] | undefined
}

export interface SyncRun {
  /** What the observer was told: `created flux-system/slack`, `failed flux-system/slack: why`. */
  readonly said: readonly string[]
  /** Each wait, in milliseconds. */
  readonly waits: readonly number[]
  /** Operations that Secrets Manager was asked for. */
  readonly operations: readonly string[]
  readonly directory: string
  /** How often what is ready had to be worked out anew. */
  readonly written: () => number
  /** Resolves when a pass has ended. */
  idle(): Promise<void>
  /** Lets the time between two passes go by, and resolves when the next pass has ended. */
  pass(): Promise<void>
  /** The cluster has these Providers now. */
  provide(providers: readonly KubernetesObject[]): void
  /** Ends the sync as at the end of the process. */
  stop(): Promise<boolean>
}

/** A sync at work, whose waits are over when the test says so. */
export async function runSync(options: SyncOptions): Promise<SyncRun> {
  const { cluster, secrets, clock = new ManualClock(), directory = temporaryDirectory() } = options
  const { url, ca, tokenFile } = cluster
  const connection = { url, tokenFile, ...(ca !== undefined && { ca }) }
  const client = createKubernetesClient({ ...connection, userAgent: 'flux-relay-test' })
  const database = openDatabase(join(directory, 'spool.db'), SPOOL_SCHEMA)
  const [said, waits, listeners]: [string[], number[], (() => void)[]] = [[], [], []]
  const pauses = pausable(waits)
  let { providers } = options
  let written = 0
  const sync = createSecretSync({
    client,
    copies: options.copies ?? new SecretsManagerCopies({ ...secrets, cluster: 'prod' }),
    memory: new DatabaseSyncMemory(database, options.target ?? 'here'),
    clock,
    graceMs: options.graceMs ?? GRACE_MS,
    providers: () => providers,
    onProvidersChanged: (listener) => void listeners.push(listener),
    random: clock.random,
    wait: pauses.wait,
    onWritten: () => {
      written += 1
    },
    observer: observer(said),
  })
  let isStopped = false
  const stop = async () => {
    if (isStopped) return true
    isStopped = true
    const isDone = await sync.stop(10_000)
    database.close()
    await client.close()
    return isDone
  }
  onTestFinished(async () => void (await stop()))
  const operations = recordOperations(secrets)
  sync.start()
  await pauses.idle()
  return {
    ...{ said, waits, operations, directory, stop },
    written: () => written,
    idle: pauses.idle,
    pass: pauses.pass,
    provide(changed) {
      providers = changed
      for (const listener of listeners) listener()
    },
  }
}

/** Shorter waits than this are over at once. */
const SHORT_MS = 1_000

function pausable(waits: number[]) {
  let resume: (() => void) | undefined
  let begun = Promise.withResolvers<void>()
  const idle = () => begun.promise
  return {
    idle,
    async wait(ms: number, signal: AbortSignal): Promise<void> {
      waits.push(ms)
      if (ms <= SHORT_MS || signal.aborted) return
      const paused = Promise.withResolvers<void>()
      const end = () => {
        begun = Promise.withResolvers()
        paused.resolve()
      }
      resume = end
      signal.addEventListener('abort', end, { once: true })
      begun.resolve()
      await paused.promise
    },
    async pass(): Promise<void> {
      await idle()
      resume?.()
      await idle()
    },
  }
}

function observer(said: string[]): Parameters<typeof createSecretSync>[0]['observer'] {
  const nameOf = (secret?: { namespace: string; name: string }) =>
    secret ? `${secret.namespace}/${secret.name}` : 'memory'
  return {
    written: (secret, how) => said.push(`${how} ${nameOf(secret)}`),
    left: (secret, reason) => said.push(`left ${nameOf(secret)}: ${reason}`),
    binary: (secret, keys) => said.push(`binary ${nameOf(secret)}: ${keys}`),
    deleted: (secret) => said.push(`deleted ${nameOf(secret)}`),
    kept: (secret) => said.push(`kept ${nameOf(secret)}`),
    missing: (secret) => said.push(`missing ${nameOf(secret)}`),
    refused: (secret, reason) => said.push(`refused ${nameOf(secret)}: ${reason}`),
    failed: (secret, reason) => said.push(`failed ${nameOf(secret)}: ${reason}`),
  }
}

/** Each operation that the client is told to do, in a list that grows. */
export function recordOperations({ client }: OpenSecrets): readonly string[] {
  const operations: string[] = []
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        operations.push(String(commandName).replace(/Command$/, ''))
        return next(args)
      },
    { step: 'initialize', name: 'record-operations', override: true },
  )
  return operations
}

/** What the relay reads, by a client of its own; undefined when there is none. */
export async function copyOf(
  secrets: OpenSecrets,
  name: string,
  namespace = 'flux-system',
): Promise<SecretData | undefined> {
  const store = new SecretsManagerStore({ ...secrets, clock: new ManualClock() })
  return (await store.read('prod', namespace, name, { fresh: true }))?.data
}

/** A Secret as `kubectl create secret generic` makes it. */
export function secretOf(name: string, data: SecretData, more: object = {}) {
  const encoded = Object.entries(data).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ])
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'flux-system', name },
    type: 'Opaque',
    data: Object.fromEntries(encoded),
    ...more,
  }
}

/** A Provider that names these Secrets. */
export function providerNaming(
  secretRef: string,
  spec: object = {},
  namespace = 'flux-system',
): KubernetesObject {
  return {
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Provider',
    metadata: { namespace, name: `to-${secretRef}` },
    spec: { type: 'slack', secretRef: { name: secretRef }, ...spec },
  }
}
