import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, onTestFinished } from 'vitest'
import { temporaryDirectory } from '../temporary-directory.ts'
import { createGrants } from './access-grants.ts'
import { EVERYTHING } from './access-rules.ts'
import { type ApiAdmin, define, untilDefined } from './api-admin.ts'
import { fieldsOf, type Manifest } from './api-object.ts'
import { AuditLog } from './audit-log.ts'
import type { ClusterOptions, TestCluster } from './cluster.ts'
import { definitionsOf } from './definitions.ts'
import { identityOf, type RealServer, startRealServer } from './real-server.ts'
import { openGate } from './tcp-gate.ts'

/** Folder of the programs, by envtest's variable; empty when tests run on the double. */
export const KUBE_ASSETS = process.env.KUBEBUILDER_ASSETS ?? ''

/** One for a test file, since it starts for seconds. */
let shared: Promise<RealServer> | undefined
let clusters = 0
let defined: readonly Manifest[] = []

if (KUBE_ASSETS !== '') afterAll(async () => (await shared)?.stop(), 30_000)

/** The file's server, emptied of what tests made, with a user of its own. */
export async function startRealCluster(options: ClusterOptions): Promise<TestCluster> {
  shared ??= startRealServer(KUBE_ASSETS)
  const server = await shared
  const { admin } = server
  const { user, token } = identityOf(clusters++)
  await empty(admin)
  await redefine(admin, definitionsOf(options))
  await ensureNamespace(admin, 'flux-system')
  const grants = createGrants(admin, user)
  await grants.set(options.rules ?? EVERYTHING)
  const gate = await openGate(server.port)
  onTestFinished(() => gate.close())
  const tokenFile = join(temporaryDirectory(), 'token')
  writeFileSync(tokenFile, token)
  const log = new AuditLog(server.auditLog, user)
  const restart = async () => {
    await server.restart()
    await untilDefined(admin, defined)
  }

  return {
    ...admin,
    url: `https://127.0.0.1:${gate.port}`,
    tokenFile,
    ca: server.ca,
    isReal: true,
    get requests() {
      return log.read()
    },
    async apply(object) {
      const applied = await admin.apply(object)
      // The next test finds what this one has changed of the definitions.
      if (object.kind === 'CustomResourceDefinition') {
        const isOther = ({ metadata }: Manifest) => metadata.name !== object.metadata.name
        defined = [...defined.filter(isOther), object]
      }
      return applied
    },
    allow: (rules) => grants.set(rules),
    // What the API server remembers by itself is gone only with it.
    async expire() {
      await touch(admin)
      await server.compact()
      await restart()
    },
    dropConnections: gate.drop,
    restart,
    setDown: (isDown) => gate.setOpen(!isDown),
  }
}

const EMPTIED = [
  ['v1', 'Secret'],
  ['v1', 'ConfigMap'],
  ['v1', 'Pod'],
  ['v1', 'Event'],
  ['v1', 'Node'],
  ['apps/v1', 'Deployment'],
] as const

/** Removes the objects of earlier tests, but for those of the server itself. */
async function empty(admin: ApiAdmin): Promise<void> {
  const custom = defined.map(({ spec }) => {
    const { group, names, versions } = fieldsOf(spec)
    const [version] = (versions as readonly unknown[]).map(fieldsOf)
    return [`${group}/${version?.name}`, `${fieldsOf(names).kind}`] as const
  })
  for (const [apiVersion, kind] of [...EMPTIED, ...custom]) {
    for (const { metadata } of await admin.list(apiVersion, kind)) {
      const { namespace, name } = metadata
      if (namespace?.startsWith('kube-') || name === 'kube-root-ca.crt') continue
      await admin.remove({ apiVersion, kind, ...(namespace !== undefined && { namespace }), name })
    }
  }
}

/** Defines anew what is not as the last test had it. */
async function redefine(admin: ApiAdmin, definitions: readonly Manifest[]): Promise<void> {
  const isIn = (list: readonly Manifest[]) => (definition: Manifest) =>
    list.some((each) => isDeepStrictEqual(each, definition))
  const gone = defined.filter((definition) => !isIn(definitions)(definition))
  for (const { apiVersion, kind, metadata } of gone) {
    await admin.remove({ apiVersion, kind, name: metadata.name })
  }
  for (const definition of gone) await untilUnknown(admin, definition)
  const left = new Set(definitions.map(groupOf))
  for (const group of new Set(gone.map(groupOf)))
    if (!left.has(group)) await untilGone(admin, group)
  const missing = definitions.filter((definition) => !isIn(defined)(definition))
  defined = definitions
  await define(admin, missing)
}

function groupOf({ spec }: Manifest): string {
  return `${fieldsOf(spec).group}`
}

async function untilGone(admin: ApiAdmin, group: string): Promise<void> {
  const isThere = async () =>
    (await admin.send('GET', `/apis/${group}`, undefined, 404)).status === 200
  while (await isThere()) await sleep(50)
}

async function untilUnknown(admin: ApiAdmin, { apiVersion, kind, metadata, spec }: Manifest) {
  while (await admin.get({ apiVersion, kind, name: metadata.name })) await sleep(50)
  const { group, names } = fieldsOf(spec)
  const { plural } = fieldsOf(names)
  const isServed = async (version: unknown) => {
    const path = `/apis/${group}/${fieldsOf(version).name}`
    const { body } = await admin.send('GET', path, undefined, 404)
    const resources = Array.isArray(body.resources) ? body.resources.map(fieldsOf) : []
    return resources.some(({ name }) => name === plural)
  }
  for (const version of fieldsOf(spec).versions as readonly unknown[]) {
    while (await isServed(version)) await sleep(50)
  }
}

async function ensureNamespace(admin: ApiAdmin, name: string): Promise<void> {
  await admin.send('POST', '/api/v1/namespaces', { metadata: { name } }, 409)
}

/** A write, so that all revisions before are older than the last. */
async function touch(admin: ApiAdmin): Promise<void> {
  for (const round of [1, 2]) {
    await admin.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'kube-public', name: 'touched' },
      data: { at: `${Date.now()}-${round}` },
    })
  }
}
