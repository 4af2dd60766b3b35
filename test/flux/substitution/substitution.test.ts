import { describe, expect, it } from 'vitest'
import { ruleExamples } from '../../docs/rule-examples.ts'
import { referenceProgram } from '../reference-program.ts'

const program = referenceProgram('substitution')

describe.skipIf(program === undefined)('the post-build substitution of Flux', () => {
  const substituted = (text: string) => program?.ask([{ text }])[0]

  it('replaces what it is for', () => {
    expect(substituted(['a $', '{cluster} b'].join(''))).toEqual({ text: 'a replaced b' })
  })

  it('leaves every example of a rule as it is', () => {
    const examples = ruleExamples()
    expect(examples.length).toBeGreaterThan(1)
    for (const { source } of examples) expect(substituted(source)).toEqual({ text: source })
  })
})
