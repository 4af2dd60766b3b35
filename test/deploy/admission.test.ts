import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { policyText } from '../../deploy/admission/policy.ts'
import { resetCost } from '../../relay/cel/cost.ts'
import { compileExpression } from '../../relay/cel/expression.ts'
import { DYN } from '../../relay/cel/static-types.ts'
import { type CelStruct, type CelValue, fromJson } from '../../relay/cel/values.ts'

interface Policy {
  readonly spec: {
    readonly variables: readonly { readonly name: string; readonly expression: string }[]
    readonly validations: readonly {
      readonly expression: string
      readonly messageExpression: string
    }[]
  }
}

const [policy] = parseAllDocuments(policyText()).map((document) => document.toJS() as Policy)
const NAMES = new Map(['object', 'oldObject', 'variables'].map((name) => [name, DYN]))

/** What the policy says of an object, in the relay's own CEL, in which the API server's is written too. */
function refusals(annotations: Record<string, string>, before?: Record<string, string>) {
  if (!policy) throw new Error('there is no policy')
  const objectWith = (own: Record<string, string>) =>
    fromJson({ kind: 'Alert', metadata: { annotations: own } })
  const variables: Record<string, CelValue> = {}
  const run = (expression: string) => {
    const evaluate = compileExpression(expression, {
      variables: NAMES,
      results: ['dyn', 'map', 'list', 'bool', 'string'],
    })
    resetCost(1_000_000)
    const object = objectWith(annotations)
    const oldObject = before ? objectWith(before) : null
    return evaluate({
      variables: { object, oldObject, variables: variables as CelStruct },
      slots: [],
    })
  }
  for (const { name, expression } of policy.spec.variables) variables[name] = run(expression)
  return policy.spec.validations.flatMap(({ expression, messageExpression }) =>
    run(expression) === true ? [] : [String(run(messageExpression))],
  )
}

describe('the admission policy', () => {
  it.each([
    [{}],
    [{ 'example.com/after': '10' }],
    [
      {
        'flux-relay.io/after': '10m',
        'flux-relay.io/remind': '1d12h',
        'flux-relay.io/only': 'failures\n',
      },
    ],
    [{ 'flux-relay.io/after': '3 times', 'flux-relay.io/group-wait': 'never' }],
  ])('takes %j', (annotations) => {
    expect(refusals(annotations)).toEqual([])
  })

  it.each([
    ['after', '10'],
    ['remind', '4 hours'],
    ['only', 'failure'],
    ['group-wait', '30'],
    ['group-max', '5 m'],
  ])('refuses %s: %s, and says what is wanted', (name, value) => {
    expect(refusals({ [`flux-relay.io/${name}`]: value })).toEqual([
      expect.stringMatching(
        new RegExp(
          `^not in its form, such as a duration without a unit: flux-relay.io/${name} wants \\^`,
        ),
      ),
    ])
  })

  it('refuses a name that no relay knows', () => {
    expect(refusals({ 'flux-relay.io/wen': 'true' })).toEqual([
      expect.stringMatching(/^no annotation of flux-relay: flux-relay.io\/wen; known are /),
    ])
  })

  it('lets stay what was there before, and refuses what changes to no form', () => {
    const before = { 'flux-relay.io/after': '10', 'flux-relay.io/wen': 'x' }
    expect(refusals({ ...before, 'example.com/a': 'b' }, before)).toEqual([])
    expect(refusals({ ...before, 'flux-relay.io/after': '11' }, before)).toHaveLength(1)
  })
})
