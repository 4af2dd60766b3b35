import { describe, expect, it } from 'vitest'
import { compileRules } from '../../../../relay/pipeline/rules/rules.ts'

const wrong = (annotations: Readonly<Record<string, string>>) =>
  compileRules('Alert', annotations).errors

describe('the rules of a group', () => {
  it('have a wait in milliseconds, and a longest one', () => {
    const group = (annotations: Readonly<Record<string, string>>) =>
      compileRules('Alert', { 'group-by': "'all'", ...annotations }).group
    expect(group({ 'group-wait': '30s' })).toMatchObject({ waitMs: 30_000, maxMs: 300_000 })
    expect(group({ 'group-wait': '10m' })).toMatchObject({ waitMs: 600_000, maxMs: 600_000 })
    expect(group({ 'group-wait': '1m', 'group-max': '2m' })).toMatchObject({ maxMs: 120_000 })
    expect(compileRules('Provider', { 'group-wait': 'never' }).group).toBe('never')
  })

  it.each([
    [{ 'group-by': "'all'" }, 'group-wait', 'expected group-wait beside it, such as 30s'],
    [{ 'group-wait': '30s' }, 'group-by', 'expected group-by beside group-wait and group-max'],
    [{ 'group-max': '5m' }, 'group-by', 'expected group-by beside group-wait and group-max'],
    [
      { 'group-by': "'all'", 'group-wait': '30' },
      'group-wait',
      'expected a time from 1s to 24h with its unit, such as 30s',
    ],
    [
      { 'group-by': "'all'", 'group-wait': '10ms' },
      'group-wait',
      'expected a time from 1s to 24h with its unit, such as 30s',
    ],
    [
      { 'group-by': "'all'", 'group-wait': '2m', 'group-max': '1m' },
      'group-max',
      'expected a group-max that is not shorter than group-wait',
    ],
    [
      { 'group-by': "'all'", 'group-wait': 'never' },
      'group-max',
      'never goes with no group-by and no group-max',
    ],
    [{ 'group-by': '1 +', 'group-wait': '30s' }, 'group-by', expect.any(String)],
    [{ 'group-by': '1 + 1', 'group-wait': '30s' }, 'group-by', expect.stringContaining('string')],
    [
      { 'group-by': ' ', 'group-wait': '30s' },
      'group-by',
      expect.stringContaining('expected a CEL expression that gives a text'),
    ],
  ])('%j are refused, and say where', (annotations, name, message) => {
    const at = `metadata.annotations.flux-relay.io/${name}`
    expect(wrong(annotations)).toEqual([{ field: at, message }])
  })
})
