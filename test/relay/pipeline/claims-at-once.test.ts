import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { EventOrder } from '../../../relay/model/delivery.ts'
import { claimSubject } from '../../../relay/pipeline/subject.ts'
import type { StateStore } from '../../../relay/ports/state-store.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

it('claims of one subject in one moment all wait for the one that has it', async () => {
  const ports = memoryPorts(new ManualClock())
  const { state } = ports
  // Others change it between a read and the write that follows.
  const far: Pick<StateStore, 'read' | 'write'> = {
    async read(key) {
      const stored = await state.read(key)
      await nextTurn()
      return stored
    },
    write: async (key, value, expected, expiresAt) => state.write(key, value, expected, expiresAt),
  }
  const claims = Array.from({ length: 100 }, (_, n) =>
    claimSubject(
      { ...ports, state: { ...state, ...far } },
      {
        ...{ cluster: 'prod', subject: { key: 'incident', shows: `${n}` } },
        ...{ deliveryId: `delivery-${n}`, order: String(n).padStart(3, '0') as EventOrder },
        ...{ reason: 'HealthCheckFailed', timeoutMs: 15_000 },
      },
    ),
  )
  const kinds = (await Promise.all(claims)).map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind === 'claimed')).toHaveLength(1)
  expect(kinds.filter((kind) => kind === 'busy')).toHaveLength(99)
})
