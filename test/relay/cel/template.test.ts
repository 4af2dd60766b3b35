import { describe, expect, it } from 'vitest'
import { compileTemplate } from '../../../relay/cel/template.ts'

const variables = {
  event: { reason: 'Applied', metadata: { revision: 'main@sha1:9e2f' } },
  alert: {},
  provider: {},
  cluster: 'prod',
  labels: { team: 'web' },
  last: {},
}
const render = (source: string) => compileTemplate(source).render(variables)

describe('a text with expressions', () => {
  it.each([
    ['plain', 'plain'],
    ['', ''],
    ['$(cluster)', 'prod'],
    ['a $(cluster) b $(labels.team)c', 'a prod b webc'],
    ['$(cluster)$(cluster)', 'prodprod'],
    ['$((cluster + ")") + "(")!', 'prod)(!'],
    ["$('a)' + \"b)\" + r'c)')", 'a)b)c)'],
    ["$('''d)\n''' + cluster)", 'd)\nprod'],
    ['$(cluster // a comment )\n)', 'prod'],
    ['$(1 + 2) $(1.5) $(true) $(2u) $(duration("90s"))', '3 1.5 true 2 90s'],
    ['$(timestamp("2026-11-29T06:00:00Z"))', '2026-11-29T06:00:00Z'],
    ["$('$(')cluster) costs $5", '$(cluster) costs $5'],
    ['$' + '{cluster} and {{ cluster }}', '$' + '{cluster} and {{ cluster }}'],
    ['$ (cluster)', '$ (cluster)'],
    ['🚀 $(cluster) ✅', '🚀 prod ✅'],
    ["$(event.metadata.revision.split('@')[0])", 'main'],
    ["$(labels[?'owner'].orValue('nobody'))", 'nobody'],
  ])('%j becomes %j', (source, text) => {
    expect(render(source)).toBe(text)
  })

  it.each([
    ['$(cluster', /the \$\( at character 1 has no closing bracket/],
    ['🚀 $(cluster', /the \$\( at character 3 has no closing bracket/],
    ['$()', /at line 1/],
    ['$(#)', /no closing bracket|unexpected/],
    ['$(nothing)', /nothing/],
    ['$([1])', /the expression gives list.*, and it must give a string/],
    ['$(1)'.repeat(51), /expected at most 50 expressions/],
  ])('%j does not compile', (source, message) => {
    expect(() => compileTemplate(source)).toThrow(message)
  })

  it.each([
    ['$(labels.owner)', /no such key/],
    ['$(event.metadata)', /the expression gave a map, and it must give a string/],
    ["$(labels[?'owner'])", /an optional|must give/],
  ])('%j fails when it is rendered', (source, message) => {
    expect(() => render(source)).toThrow(message)
  })

  it('has one bound for what all its expressions cost', () => {
    const ten = '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]'
    const thousands = `$(${ten}.all(a, ${ten}.all(b, ${ten}.all(c, ${ten}.all(d, true)))))`
    expect(render(thousands)).toBe('true')
    expect(() => render(thousands.repeat(50))).toThrow(/costs too much/)
  })
})
