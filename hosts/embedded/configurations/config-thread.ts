/**
 * The thread in which large configurations are parsed, judged and made text, so that no other request
 * waits meanwhile. It is a program of its own, for `new Worker`. The host gives it one task at a time.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { putConfig } from '../../../relay/api/put-config.ts'
import { showConfig } from '../../../relay/api/show-config.ts'
import { configTextOf, readConfigText } from '../../../relay/model/stored/config-snapshot.ts'
import { readFleet } from '../../../relay/pipeline/fleet.ts'
import type { HostRules } from '../../../relay/pipeline/reconcile.ts'
import { judgeAgain } from '../../../relay/pipeline/rejudge.ts'
import { noPause } from '../../../relay/pipeline/slices.ts'
import type { ConfigStore } from '../../../relay/ports/config-store.ts'
import type { SecretStore } from '../../../relay/ports/secret-store.ts'
import { systemClock } from '../../kit/system-clock.ts'
import { FolderLoads } from './folder-loads.ts'
import type { Asks, FromConfigThread, Tasks, ThreadResult, ToConfigThread } from './messages.ts'
import { resultOf, settledValue } from './results.ts'

/** What waits for an answer of the host, by the number of the question. */
const asked = new Map<number, PromiseWithResolvers<unknown>>()
let lastId = 0

/** The host's stores. */
const configs: ConfigStore = {
  async read(cluster) {
    const body = await ask('configText', cluster)
    return body === undefined ? undefined : readConfigText(cluster, body, noPause)
  },
  replace: (snapshot, shipper) => ask('replaceText', { config: configTextOf(snapshot), shipper }),
}
const secrets: SecretStore = {
  read: (cluster, namespace, name, { fresh = false } = {}) =>
    ask('secret', { cluster, namespace, name, fresh }),
}

/** What `createConfigThread` was given. */
const host: HostRules = workerData

const folderLoads = new FolderLoads({ ...host, fleet: () => readFleet(configs) })

const tasks: { [Name in keyof Tasks]: (input: Tasks[Name]['input']) => Promise<unknown> } = {
  put: ({ request, now }) =>
    putConfig(
      { configs, secrets, clock: { ...systemClock, now: () => now } },
      request,
      noPause,
      host,
    ),
  judgeAgain: ({ cluster }) => judgeAgain({ configs, secrets }, cluster, noPause, host),
  show: ({ cluster }) => showConfig({ configs }, cluster),
  loadFolder: (folder) => folderLoads.load(folder),
}

parentPort?.on('message', (message: ToConfigThread) => {
  if (message.kind === 'task') void run(message)
  else settle(message.id, message.result)
})

async function run({ name, input }: Extract<ToConfigThread, { kind: 'task' }>): Promise<void> {
  const task = tasks[name] as (input: unknown) => Promise<unknown>
  tell({ kind: 'done', result: await resultOf(task(input)) })
}

function ask<Name extends keyof Asks>(
  name: Name,
  input: Asks[Name]['input'],
): Promise<Asks[Name]['output']> {
  lastId += 1
  const answer = Promise.withResolvers<unknown>()
  asked.set(lastId, answer)
  tell({ kind: 'ask', id: lastId, name, input } as FromConfigThread)
  return answer.promise as Promise<Asks[Name]['output']>
}

function settle(id: number, result: ThreadResult<unknown>): void {
  const answer = asked.get(id)
  asked.delete(id)
  try {
    answer?.resolve(settledValue(result))
  } catch (error) {
    answer?.reject(error)
  }
}

function tell(message: FromConfigThread): void {
  parentPort?.postMessage(message)
}
