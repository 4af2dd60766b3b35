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
  ])('with more steps than its price allows is told, and not compiled: %.30s', (source) => {
    expect(compilePattern(source)).toEqual({
      error: 'its repetitions stand for more than 5000 characters',
    })
  })

  it.each([
    '^.{0,500}error.{0,500}$',
    '[{1000}]{1000}\\{1000}',
    '\\Qa{1000}b{1000}c{1000}d{1000}e{1000}f{1000}\\E',
    'a{1000}b{1000}c{1000}d{1000}',
    '(?i)(?:[0-9a-f]{2}:){15}[0-9a-f]{2}|(?:\\d{1,3}\\.){3}\\d{1,3}',
  ])('with fewer is compiled: %.30s', (source) => {
    expect(compilePattern(source)).toHaveProperty('test')
  })
})
