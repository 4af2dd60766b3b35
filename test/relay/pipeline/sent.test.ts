import { expect, it } from 'vitest'
import { treatmentOf } from '../../../relay/pipeline/sent.ts'
import { redactNothing } from '../../../relay/redact/redact.ts'

it.each([
  ['no', 'failed'],
  ['unknown', 'failed'],
  ['in-flight', 'failed'],
  // Others get what they wait for meanwhile.
  ['partly', 'answered'],
] as const)('a destination that took of a delivery %s has %s', (applied, kind) => {
  const verdict = { kind: 'retry', reason: '451 Later', applied } as const
  const delivered = { verdict, requestsDone: 0, response: undefined, secrets: [], notes: [] }
  expect(treatmentOf({ delivered, redact: redactNothing })).toMatchObject({ kind })
})
