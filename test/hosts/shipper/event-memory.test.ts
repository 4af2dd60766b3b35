import { expect, it } from 'vitest'
import { DatabaseError } from '../../../adapters/sqlite/database-error.ts'
import type { Hold } from '../../../hosts/shipper/spool/held-events.ts'
import type { Spool } from '../../../hosts/shipper/spool/spool.ts'
import { ALL_KINDS } from '../../../hosts/shipper/spool/watches.ts'
import { START } from '../../support/manual-clock.ts'
import { testSpool } from '../../support/spool.ts'

it('goes on with a kind from where the watch of all kinds was, and with a new one from its start', async () => {
  const { spool } = testSpool()
  const { watches } = spool.memory
  const begin = (kinds: readonly string[], now: number) =>
    spool.change(() => watches.begin(kinds, now))
  await begin([ALL_KINDS], START)
  await spool.change(() => watches.moveTo(ALL_KINDS, '7'))
  await begin([ALL_KINDS], START + 1)
  expect(watches.read(ALL_KINDS)).toEqual({ beganAt: START, resourceVersion: '7' })
  await begin(['Pod'], START + 2)
  expect(watches.read('Pod')).toEqual({ beganAt: START, resourceVersion: '7' })
  await begin(['Pod', 'Job'], START + 3)
  expect(watches.read('Pod')).toEqual({ beganAt: START, resourceVersion: '7' })
  expect(watches.read('Job')).toEqual({ beganAt: START + 3, resourceVersion: null })
  expect(watches.read(ALL_KINDS)).toBeUndefined()
  await begin(['Job'], START + 4)
  expect(watches.read('Pod')).toBeUndefined()
})

it('forgets that an event was held back when another takes its place', async () => {
  const { spool } = testSpool()
  const { held } = spool.memory
  const object = 'Kustomization/apps/web'
  const hold: Hold = {
    object,
    source: 'watch',
    occurrence: null,
    at: START,
    said: 'a',
    isUnsure: false,
    isForPost: true,
    waitMs: 20_000,
  }
  await spool.addAll([{ body: '{}', admitted: (place) => held.hold(place, hold, START) }])
  const [first] = held.ofObject(object)
  expect([first?.sequence, spool.peek(9, 1_000)]).toEqual([1, []])
  await spool.change((write) => write.delete([1]))
  expect([held.ofObject(object), spool.depth().events]).toEqual([[], 0])
})

/** A write by which all others of its commit are undone. */
function undone(spool: Spool): Promise<void> {
  return spool.change(() => {
    throw new DatabaseError('spool.db', 'io', 'writing failed')
  })
}

it('knows what is held after a write was undone in which nothing was', async () => {
  const { spool } = testSpool()
  const { held } = spool.memory
  const hold: Hold = {
    ...{ object: 'podinfo', source: 'watch', occurrence: null, at: START, said: 'it works' },
    ...{ isUnsure: true, isForPost: true, waitMs: 0 },
  }
  const admitted = (sequence: number) => held.hold(sequence, hold, START)
  await spool.addAll([{ body: '{}', admitted }])
  const sequences = held.ofObject('podinfo').map(({ sequence }) => sequence)
  const writes = [
    spool.change((write) => write.release(sequences)),
    spool.change(() => void held.due(START)),
  ]
  await Promise.allSettled([...writes, undone(spool)])
  expect(held.ofObject('podinfo')).toMatchObject([hold])
})

it('remembers no state as told by a write that was undone', async () => {
  const { spool } = testSpool()
  const { told } = spool.memory
  const before = { state: 'broken', isError: true, at: START }
  await spool.change(() => told.write('podinfo', 'Kustomization', before))
  const write = spool.change(() => {
    told.write('podinfo', 'Kustomization', { state: 'works', isError: false, at: START + 1 })
    return told.read('podinfo')
  })
  await Promise.allSettled([write, undone(spool)])
  expect(told.read('podinfo')).toEqual(before)
})
