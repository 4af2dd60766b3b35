import { describe, expect, it } from 'vitest'
import { difference, ownResult, readDocumentTable } from '../../../flux/yaml/document-table.ts'
import { alertYaml, loadFiles, problemTexts } from '../../../support/manifest-files.ts'

describe('YAML with the values that kubectl’s decoder gives it', () => {
  const table = readDocumentTable()

  it('is much, of which kubectl takes most', () => {
    expect(table.length).toBeGreaterThanOrEqual(150)
    expect(table.filter(({ error }) => error === undefined).length).toBeGreaterThan(150)
  })

  it.each(table.map((row) => [JSON.stringify(row.yaml), row] as const))('%s', (_, row) => {
    expect(difference(row)).toBe(undefined)
  })

  it('is refused by the relay alone where a value would be lost, or is in doubt', () => {
    const alone = table.filter((row) => !row.error && typeof ownResult(row) === 'string')
    expect(alone.map(({ yaml }) => yaml)).toEqual([
      'k: 123e4567',
      'k: 1e400',
      'k: -1e400',
      'k: !!binary "////"',
      'k: {1.5: 1}',
      'a: 1\na: 2\n',
      'a: &a k\n*a : v\n',
    ])
  })
})

describe('a manifest as an API server stores it', () => {
  async function specOf(lines: string) {
    const loaded = await loadFiles({ 'x.yaml': `${alertYaml('x')}${lines}` })
    expect(problemTexts(loaded)).toEqual([])
    return (loaded.manifests[0] as { readonly spec: Readonly<Record<string, unknown>> }).spec
  }

  it.each([
    ['yes', '  suspend: yes\n', { suspend: true }],
    ['off', '  suspend: off\n', { suspend: false }],
    ['nothing', '  suspend:\n', {}],
    ['an empty entry', '  eventMetadata:\n    a:\n    b: c\n', { eventMetadata: { b: 'c' } }],
    ['an empty map', '  eventMetadata:\n', {}],
    ['a date', '  summary: 2026-11-28\n', { summary: '2026-11-28' }],
    ['a time', '  summary: 12:30\n', { summary: '12:30' }],
    ['a tag', '  summary: !!binary aGVsbG8=\n', { summary: 'hello' }],
    ['a tag of a text', '  summary: !!str 0123\n', { summary: '0123' }],
    ['a list at the key', '  exclusionList: [\n  a,\n  b\n  ]\n', { exclusionList: ['a', 'b'] }],
    ['a list above it', '  exclusionList: [a,\nb]\n', { exclusionList: ['a', 'b'] }],
    [
      'a merge below the key',
      '  eventMetadata:\n    a: b\n    <<: {a: c, d: e}\n',
      { eventMetadata: { a: 'c', d: 'e' } },
    ],
    [
      'a merge above the key',
      '  eventMetadata:\n    <<: {a: c, d: e}\n    a: b\n',
      { eventMetadata: { a: 'b', d: 'e' } },
    ],
  ])('%s', async (_, lines, expected) => {
    const {
      providerRef: _ref,
      eventSeverity: _severity,
      eventSources: _all,
      ...spec
    } = await specOf(lines)
    expect(spec).toEqual(expected)
  })

  it('an empty label and annotation are empty texts', async () => {
    const labels = '  labels:\n    a:\n  annotations: {b: ~}\n'
    const text = alertYaml('x').replace('spec:', `${labels}spec:`)
    const loaded = await loadFiles({ 'x.yaml': text })
    expect(problemTexts(loaded)).toEqual([])
    expect(loaded.manifests[0]).toMatchObject({
      metadata: { labels: { a: '' }, annotations: { b: '' } },
    })
  })

  it.each([
    ['a number', '  summary: 0123\n', /^x\.yaml:13: .*spec\.summary: .*number; put it in quotes$/],
    ['a word', '  summary: yes\n', /^x\.yaml:13: .*spec\.summary: .*boolean; put it in quotes$/],
    ['a text', '  suspend: "yes"\n', /^x\.yaml:13: .*spec\.suspend: .*; write true or false$/],
    ['too large', '  summary: 123e4567\n', /^x\.yaml:13: .*too large; .* put it in quotes$/],
    ['null in a list', '  exclusionList:\n  - a\n  -\n', /^x\.yaml:1[45]: .*exclusionList\[1\]/],
    ['a number in a map', '  eventMetadata: {a: 1}\n', /^x\.yaml:13: .*\.a: .*put it in quotes$/],
    ['after the end', '...\nkind: Alert\n', /^x\.yaml:14: .*stops reading; begin it with ---$/],
  ])('what it refuses is refused: %s', async (_, lines, expected) => {
    const loaded = await loadFiles({ 'x.yaml': `${alertYaml('x')}${lines}` })
    expect(problemTexts(loaded)).toEqual([expect.stringMatching(expected)])
  })
})
