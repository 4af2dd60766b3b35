import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { EventOrder } from '../../../relay/model/delivery.ts'
import { observeSubject } from '../../../relay/pipeline/observed-subject.ts'
import { claimSubject, keepTurn, settleSubject } from '../../../relay/pipeline/subject.ts'
import type { StateStore } from '../../../relay/ports/state-store.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

/** The claims of a hundred deliveries, in the order of their events, and a state that others change between a read and a write. */
function storm() {
  const ports = memoryPorts(new ManualClock())
  const { state } = ports
  const far: Pick<StateStore, 'read' | 'write'> = {
    async read(key) {
      const stored = await state.read(key)
      await nextTurn()
      return stored
    },
    async write(key, value, expected, expiresAt) {
      await nextTurn()
      return state.write(key, value, expected, expiresAt)
    },
  }
  const claimants = Array.from({ length: 100 }, (_, n) => ({
    ...{ cluster: 'prod', subject: { key: 'incident', shows: `${n}` } },
    ...{ deliveryId: `delivery-${n}`, order: String(n).padStart(3, '0') as EventOrder },
    ...{ reason: 'HealthCheckFailed', timeoutMs: 15_000 },
  }))
  return { ports: { ...ports, state: { ...state, ...far } }, claimants }
}

it('claims of one subject in one moment all wait for the one that has it', async () => {
  const { ports, claimants } = storm()
  const claims = claimants.map((claimant) => claimSubject(ports, claimant))
  const kinds = (await Promise.all(claims)).map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind === 'claimed')).toHaveLength(1)
  expect(kinds.filter((kind) => kind === 'busy')).toHaveLength(99)
})

it('turns at one subject in one moment are no failure of the store', async () => {
  const { ports, claimants } = storm()
  const turns = await Promise.all(claimants.map((claimant) => keepTurn(ports, claimant)))
  expect(new Set(turns.map(({ kind }) => kind))).toEqual(new Set(['kept']))
})

it.each(Array.from({ length: 12 }, (_, turns) => turns))(
  'a delivery that was sent settles its claim though all others come %i turns before',
  async (turns) => {
    const { ports, claimants } = storm()
    const [first, ...others] = claimants
    const claimed = first && (await claimSubject(ports, first))
    if (claimed?.kind !== 'claimed') throw new Error('expected a claim')
    const claims = others.map((claimant) => claimSubject(ports, claimant))
    for (let turn = 0; turn < turns; turn += 1) await nextTurn()
    await settleSubject(ports, claimed.claim, { kind: 'delivered', reason: 'HTTP 200' })
    await Promise.all(claims)
  },
)

it('what would be sent about one subject in one moment is no failure of the store', async () => {
  const { ports, claimants } = storm()
  const observed = await Promise.all(claimants.map((claimant) => observeSubject(ports, claimant)))
  const kinds = new Set(observed.map(({ kind }) => kind))
  expect([...kinds].toSorted()).toEqual(['busy', 'news'])
})

it('claims of one subject in one moment that show what it shows already are no failure of the store', async () => {
  const { ports, claimants } = storm()
  const [first, ...others] = claimants.map((claimant) => ({
    ...claimant,
    subject: { key: 'status', shows: 'success' },
  }))
  const claimed = first && (await claimSubject(ports, first))
  if (claimed?.kind !== 'claimed') throw new Error('expected a claim')
  await settleSubject(ports, claimed.claim, { kind: 'delivered', reason: 'HTTP 200' })
  const claims = await Promise.all(others.map((claimant) => claimSubject(ports, claimant)))
  expect(new Set(claims.map(({ kind }) => kind))).toEqual(new Set(['unchanged', 'busy']))
})
