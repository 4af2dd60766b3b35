import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { namespacedName } from '../../relay/model/kubernetes.ts'
import { formatFields, formatSection } from '../output/fields.ts'

/** What came of a test, for people. */
export function testText({
  id,
  provider,
  outcome,
  reason,
  notes = [],
  attempts = [],
}: Delivery): string {
  const last = attempts.at(-1)
  return [
    formatFields([
      ['Provider', provider && `${namespacedName(provider)} (${provider.type})`],
      ['Outcome', outcome],
      ['Why', reason],
      ['Status', last?.status],
      ['Took', last && `${Math.round(last.durationMs)} ms`],
      ['Delivery', id],
    ]),
    formatSection('Answer', last?.responseExcerpt ?? ''),
    formatSection('Notes', notes.join('\n')),
  ].join('')
}
