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
})
