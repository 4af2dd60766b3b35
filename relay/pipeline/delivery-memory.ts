import type { Ports } from '../ports/ports.ts'
import type { Versioned } from '../ports/versioned.ts'
import type { DeliveryMemory } from '../providers/contract.ts'
import { Contention } from './contention.ts'

const REMEMBER_MS = 90 * 24 * 3_600_000

/** How often a write is tried. Of those who meet at one key one wins each time, and some dozens meet at most. */
const MAX_TRIES = 50

/**
 * What the types of a cluster remember in its State. Each item is a bare text without a version,
 * since that is what commit 591c4aa reads. Any other value counts as not remembered: the type then
 * asks its service again.
 */
export function createDeliveryMemory(
  { state, clock }: Pick<Ports, 'state' | 'clock'>,
  cluster: string,
): DeliveryMemory {
  const stateKey = (key: string) => `${cluster}#memory#${key}`
  const change: DeliveryMemory['change'] = async (key, changed) => {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const stored = await state.read(stateKey(key))
      const text = changed(textOf(stored))
      if (text === undefined) return
      const expected = stored?.version ?? 'absent'
      if (await state.write(stateKey(key), text, expected, clock.now() + REMEMBER_MS)) return
    }
    throw new Contention(`the state of ${stateKey(key)} changes all the time`)
  }
  return {
    read: async (key) => textOf(await state.read(stateKey(key))),
    write: (key, text) => change(key, () => text),
    change,
  }
}

function textOf(stored: Versioned<unknown> | undefined): string | undefined {
  return typeof stored?.value === 'string' ? stored.value : undefined
}
