import { describe, expect, it } from 'vitest'
import { compilePattern } from '../../../relay/model/pattern.ts'

describe('a pattern', () => {
  it('is compiled once for all who have the same one', () => {
    const first = compilePattern('^Health check (passed|failed)')
    expect(compilePattern('^Health check (passed|failed)')).toBe(first)
    expect(compilePattern('^Health check passed')).not.toBe(first)
  })

  it.each(['(', '(?=a)', 'a'.repeat(4_097)])('that is none is told each time: %.10s', (source) => {
    for (const _ of [1, 2]) expect(compilePattern(source)).toHaveProperty('error')
  })

  it.each([
    'a{1000}'.repeat(6),
    '\\pL{1000}'.repeat(6),
    '(?:(?:[a-z]{30}){30}x){6}',
    '(?P<n>a{0,1000}b?){2}c{1000}',
    '\\Qab\\E{1000}.{1000}[^}]{3,1000}[{]{2,}.{1000}.{0,900}',
    '\\PL'.repeat(200),
    '[^\\pL\\pN]'.repeat(100),
    '(?i)(?:\\p{Greek}|\\P{^Lu})'.repeat(100),
  ])('that costs more to compile than it may is told, and not compiled: %.30s', (source) => {
    expect(compilePattern(source)).toEqual({
      error: 'its repetitions and classes stand for more than 5000 characters',
      isTooCostly: true,
    })
  })

  it.each([
    '[ab]*a[ab]{1000}[ab]{1000}$',
    'a{1000}b{1000}c{1000}d{1000}',
    '(?:a?){1000}b',
    '^.{0,900}error.{0,900}$',
    'x'.repeat(3_001),
  ])('that takes more steps a character than it may is told: %.30s', (source) => {
    expect(compilePattern(source)).toEqual({
      error: expect.stringMatching(
        /^its repetitions take \d{4} steps for each character, and at most 1200 /,
      ),
      isTooCostly: true,
    })
  })

  it.each([
    '^.{0,250}error.{0,250}$',
    '[{1000}]{1000}\\{1000}',
    '\\Qa{1000}b{1000}c{1000}d{1000}e{1000}f{1000}\\E',
    'a{1000}',
    '(?:\\pL+[-_.])+\\pL+ is (?:\\P{Lu}|\\d)+',
    '(?i)(?:[0-9a-f]{2}:){15}[0-9a-f]{2}|(?:\\d{1,3}\\.){3}\\d{1,3}',
  ])('with fewer is compiled: %.30s', (source) => {
    expect(compilePattern(source)).toHaveProperty('test')
  })

  it.each([
    ['[ab]*a[ab]{585}$', 'ab'],
    ['(?:a?b?){299}c', 'ab'],
    ['(?:.{0,20}a){20}b', 'xa'],
    ['(?i)\\pL{600}$', 'k'],
  ])('tests a message in time in proportion to its length: %s', (source, unit) => {
    const pattern = compilePattern(source)
    if ('error' in pattern) throw new Error(pattern.error)
    // A tenth of the longest message; a second on a busy machine.
    const startedAt = process.cpuUsage()
    pattern.test(unit.repeat(3_900 / unit.length))
    const { user, system } = process.cpuUsage(startedAt)
    expect((user + system) / 1_000).toBeLessThan(1_000)
  })
})
