import { setTimeout as sleep } from 'node:timers/promises'
import { setTextOf } from '../../adapters/aws/secret-set.ts'
import { SecretSetCopies } from '../../adapters/aws/secret-set-copies.ts'
import { SecretSets } from '../../adapters/aws/secret-sets.ts'
import { SecretsLock } from '../../adapters/aws/secrets-lock.ts'
import { SecretsManagerCopies } from '../../adapters/aws/secrets-manager-copies.ts'
import { SecretsManagerWriter } from '../../adapters/aws/secrets-manager-writer.ts'
import type { SecretData } from '../../relay/model/secret.ts'
import type { StateStore } from '../../relay/ports/state-store.ts'
import { ManualClock } from './manual-clock.ts'
import { MemoryStateStore } from './memory-ports.ts'
import type { OpenSecrets } from './secrets.ts'

/** Where the writers of a test take turns. Who waits looks again at once. */
export interface Turns {
  readonly state: Pick<StateStore, 'write'>
  readonly clock: ManualClock
  readonly wait?: (ms: number) => Promise<unknown>
}

export function newTurns(): Turns {
  const clock = new ManualClock()
  return { state: new MemoryStateStore(clock), clock }
}

/** The sets of Secrets, for one writer. */
export function setsOn(secrets: OpenSecrets, turns: Turns = newTurns()): SecretSets {
  return new SecretSets({ ...secrets, lock: new SecretsLock({ wait: () => sleep(1), ...turns }) })
}

/** Writes as the command line does; `left` gets the ids that it could not delete. */
export function writerOn(
  secrets: OpenSecrets,
  turns: Turns = newTurns(),
  left: string[] = [],
): SecretsManagerWriter {
  const { client, prefix } = secrets
  const sets = setsOn(secrets, turns)
  return new SecretsManagerWriter({ client, prefix, sets, onLeft: (id) => void left.push(id) })
}

/** Copies as a shipper does that knows where to take turns. */
export function setCopiesOn(secrets: OpenSecrets, turns: Turns = newTurns()): SecretSetCopies {
  const { client, prefix } = secrets
  const place = { client, prefix, cluster: 'prod' }
  const single = new SecretsManagerCopies(place)
  return new SecretSetCopies({ ...place, sets: setsOn(secrets, turns), single })
}

/** The text of a set with these Secrets, as one has it in Secrets Manager. */
export function setText(secrets: Readonly<Record<string, SecretData>>): string {
  return setTextOf(
    Object.fromEntries(Object.entries(secrets).map(([key, data]) => [key, { id: key, data }])),
  )
}
