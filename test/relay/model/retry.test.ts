import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_RETRY_AFTER_MS, nextTryAt, parseRetryAfterMs } from '../../../relay/model/retry.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z')

describe('Retry-After', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['0', 0],
    ['90', 90_000],
    [' 90 ', 90_000],
    ['99999999999999', undefined],
    ['9999999999', MAX_RETRY_AFTER_MS],
    ['Fri, 20 Nov 2026 12:00:30 GMT', 30_000],
    ['Fri, 20 Nov 2026 11:00:00 GMT', 0],
    ['Sat, 20 Nov 2027 12:00:00 GMT', MAX_RETRY_AFTER_MS],
    ['Friday, 20-Nov-26 12:00:30 GMT', 30_000],
    ['Fri Nov 20 12:00:30 2026', 30_000],
  ])('%s', (header, waitMs) => {
    expect(parseRetryAfterMs(header, NOW)).toBe(waitMs)
  })

  it('is of GMT where it names no zone, wherever the relay is', () => {
    const retry = new URL('../../../relay/model/retry.ts', import.meta.url)
    const program = `import { parseHttpDate } from '${retry}'
      console.log(parseHttpDate('Fri Nov 20 12:00:00 2026'))`
    const env = { ...process.env, TZ: 'America/New_York' }
    const flags = ['--input-type=module', '--eval', program]
    expect(Number(execFileSync(process.execPath, flags, { env, encoding: 'utf8' }))).toBe(NOW)
  })

  it('is bounded whatever the header says', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const waitMs = parseRetryAfterMs(header, NOW) ?? 0
        expect(waitMs >= 0 && waitMs <= MAX_RETRY_AFTER_MS).toBe(true)
      }),
    )
  })
})

describe('nextTryAt', () => {
  const question = { chainStartedAt: NOW, now: NOW, random: 0.5 }

  it.each([
    [1, 5_000],
    [2, 30_000],
    [3, 120_000],
    [4, 600_000],
    [5, 1_800_000],
    [6, 3_600_000],
    [20, 3_600_000],
  ])('after %i failures waits %i ms', (failures, waitMs) => {
    expect(nextTryAt({ ...question, failures })).toBe(NOW + waitMs)
  })

  it('jitters by a fifth at most', () => {
    const at = (random: number) => nextTryAt({ ...question, failures: 3, random })
    expect(at(0)).toBe(NOW + 96_000)
    expect(at(0.999999)).toBeLessThanOrEqual(NOW + 144_000)
  })

  it('gives up when the next try would be later than 24 hours after the first', () => {
    const late = { ...question, chainStartedAt: NOW - 23 * 3_600_000, failures: 20 }
    expect(nextTryAt({ ...late })).toBe(NOW + 3_600_000)
    expect(nextTryAt({ ...late, chainStartedAt: late.chainStartedAt - 1 })).toBeUndefined()
  })
})
