import { describe, expect, it } from 'vitest'
import { TakenAt } from '../../../hosts/shipper/config/taken-at.ts'
import type { ConfigMemory } from '../../../hosts/shipper/spool/config-memory.ts'
import { ManualClock, START } from '../../support/manual-clock.ts'

function memoryOf(takenAt?: number): ConfigMemory {
  return { lastTakenAt: () => takenAt, remember: async () => undefined }
}

function fails(error: unknown): never {
  throw error
}

describe('the time of a set', () => {
  it('is that of the clock, unless the last accepted one is later', async () => {
    const clock = new ManualClock()
    const takenAt = new TakenAt(memoryOf(START - 1), clock, fails)
    expect(takenAt.next()).toBe(START)
    await takenAt.accepted(START)
    expect(takenAt.next()).toBe(START + 1)
    clock.advance(10)
    expect(takenAt.next()).toBe(START + 10)
  })

  it('is begun anew when a relay that knows nothing finds it too early', () => {
    const takenAt = new TakenAt(memoryOf(START + 3_600_000), new ManualClock(), fails)
    expect(takenAt.next()).toBe(START + 3_600_001)
    expect([takenAt.refused(), takenAt.next()]).toEqual([true, START])
  })

  it('is kept when the relay refuses something else of the set', async () => {
    const clock = new ManualClock()
    const takenAt = new TakenAt(memoryOf(), clock, fails)
    await takenAt.accepted(START)
    clock.advance(1)
    expect([takenAt.refused(), takenAt.next()]).toEqual([true, START + 1])
    clock.advance(-1_000)
    expect(takenAt.next()).toBe(START + 1)
  })

  it('needs no memory that works', async () => {
    const failures: unknown[] = []
    const broken = new Error('the disk is full')
    const memory = { lastTakenAt: () => fails(broken), remember: () => Promise.reject(broken) }
    const takenAt = new TakenAt(memory, new ManualClock(), (error) => failures.push(error))
    await takenAt.accepted(takenAt.next())
    expect([takenAt.next(), failures]).toEqual([START + 1, [broken, broken]])
  })
})
