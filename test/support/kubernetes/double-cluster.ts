import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { startListening } from '../servers.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { EVERYTHING } from './access-rules.ts'
import { createApiAdmin } from './api-admin.ts'
import { ApiDouble } from './api-double.ts'
import { expiredVersion } from './api-failure.ts'
import type { Manifest } from './api-object.ts'
import type { ClusterOptions, TestCluster } from './cluster.ts'
import type { RunningWatch } from './collection-watch.ts'
import { definitionsOf } from './definitions.ts'
import type { FailingAnswer } from './failing-answers.ts'
import type { RequestPattern } from './recorded-request.ts'
import { openGate } from './tcp-gate.ts'

/** A double, with the faults that no test can ask a real server for. */
export interface DoubleCluster extends TestCluster {
  /** Answers the next requests that match so; the first pattern that matches counts. */
  answerNext(pattern: RequestPattern, answer: FailingAnswer): void
  /** The watches that run: each can be told to bookmark, to end, to fail, or to write garbage. */
  watches(resource?: string): readonly RunningWatch[]
  /** Makes many objects of a namespace that there is, in one go and unchecked. */
  load(objects: readonly Manifest[]): void
  /** Writes each line of a watch in so many pieces; default 1. */
  splitWatchLines(pieces: number): void
}

const USER = 'shipper'
const TOKEN = 'token-of-the-test'
const ADMIN_TOKEN = 'token-of-the-admin'

/** That any cluster has; objects in others are refused. */
const NAMESPACES = ['default', 'flux-system', 'kube-system'] as const

/** Starts a double, also where other tests run on a real server; gone when the test is over. */
export async function startDoubleCluster(options: ClusterOptions = {}): Promise<DoubleCluster> {
  const double = new ApiDouble()
  const setRules = (rules = EVERYTHING) =>
    double.setUser(TOKEN, { name: USER, rules, isAdmin: false })
  setRules(options.rules)
  double.setUser(ADMIN_TOKEN, { name: 'admin', rules: EVERYTHING, isAdmin: true })
  const { port } = await startListening(createServer(double.listener))
  const gate = await openGate(port)
  const admin = createApiAdmin({ url: `http://127.0.0.1:${port}` }, ADMIN_TOKEN)
  onTestFinished(async () => {
    await gate.close()
    await admin.close()
  })
  const tokenFile = join(temporaryDirectory(), 'token')
  writeFileSync(tokenFile, TOKEN)
  for (const name of NAMESPACES)
    await admin.send('POST', '/api/v1/namespaces', { metadata: { name } })
  // They are served at once.
  for (const definition of definitionsOf(options)) await admin.apply(definition)

  return {
    ...admin,
    url: `http://127.0.0.1:${gate.port}`,
    tokenFile,
    ca: undefined,
    isReal: false,
    requests: double.requests,
    allow: async (rules) => setRules(rules),
    expire: async () => {
      double.store.compact()
      for (const watch of double.watches) watch.fail(expiredVersion())
    },
    dropConnections: gate.drop,
    restart: async () => {
      await gate.setOpen(false)
      double.store.restart()
      await gate.setOpen(true)
    },
    setDown: (isDown) => gate.setOpen(!isDown),
    answerNext: (pattern, answer) => double.answerNext(pattern, answer),
    watches: (resource) =>
      [...double.watches].filter((watch) => resource === undefined || watch.resource === resource),
    load: (objects) => double.load(objects),
    splitWatchLines: (pieces) => {
      double.linePieces = pieces
    },
  }
}
