import { type Answer, problemAnswer, unavailableAnswer } from '../../../relay/api/answer.ts'
import { unpacksTo } from '../../../relay/api/body.ts'
import { problem } from '../../../relay/api/problem.ts'
import type { HostRules } from '../../../relay/pipeline/reconcile.ts'
import type { Ports } from '../../../relay/ports/ports.ts'
import type { TurnGate } from '../turn-gate.ts'
import type { ConfigTexts } from './config-texts.ts'
import { type Configurations, configurationsInTurns } from './configurations.ts'
import { type AskHandlers, type ConfigThread, TooManyTasks } from './thread.ts'

/**
 * What is at most so large is done at once, in the event loop: some hundred objects, of which each
 * turn takes twenty. Bytes of a body when it is unpacked, characters of a stored set.
 */
const SMALL = 64 * 1024

type ConfigPorts = Pick<Ports, 'secrets' | 'clock'> & {
  readonly configs: Ports['configs'] & ConfigTexts
}

/** Does what is small in the event loop, and what is large in the thread, by the same functions. */
export function createConfigurations(
  ports: ConfigPorts,
  gate: TurnGate,
  thread: ConfigThread,
  host: HostRules = {},
): Configurations {
  const inTurns = configurationsInTurns(ports, gate, host)
  const isSmall = async (cluster: string) =>
    ((await ports.configs.readText(cluster))?.length ?? 0) <= SMALL
  return {
    fleet: inTurns.fleet,
    put(request) {
      const { cluster } = request
      if (unpacksTo(request, SMALL)) return inTurns.put(request)
      const now = ports.clock.now()
      return answered(() => thread.run(cluster, 'put', { request, now }))
    },
    async show(cluster) {
      if (await isSmall(cluster)) return inTurns.show(cluster)
      return answered(() => thread.run(cluster, 'show', { cluster }))
    },
    async judgeAgain(cluster) {
      if (await isSmall(cluster)) return inTurns.judgeAgain(cluster)
      await thread.run(cluster, 'judgeAgain', { cluster })
    },
  }
}

/** Answers 503 and not 429 when there are too many tasks, because senders repeat a request after a 503. */
async function answered(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof TooManyTasks) {
      return problemAnswer(problem('overloaded', `${cause.message}; send the request again`))
    }
    const detail = 'the configuration could not be judged; send the request again'
    return unavailableAnswer(detail, cause)
  }
}

/** What the thread may ask of the stores. */
export function answersOf({ configs, secrets }: Omit<ConfigPorts, 'clock'>): AskHandlers {
  return {
    secret: ({ cluster, namespace, name, fresh }) =>
      secrets.read(cluster, namespace, name, { fresh }),
    configText: (cluster) => configs.readText(cluster),
    replaceText: ({ config, shipper }) => configs.replaceText(config, shipper),
  }
}
