import { expect, it } from 'vitest'
import { dismiss } from '../../../../relay/pipeline/dismiss.ts'
import { startConsole } from '../../../support/console.ts'
import { deliveryRecord } from '../../../support/delivery-records.ts'

it.each([
  [{ by: 'ann', comment: 'the <channel> is gone' }, ' by ann: the &lt;channel&gt; is gone</p>'],
  [{}, '.</p>'],
])(
  'the page of a dismissed delivery says who dismissed it, when and why: %j',
  async (told, rest) => {
    const { call, ports } = await startConsole()
    const id = 'a'.repeat(64)
    ports.ledger.put(deliveryRecord({ id, outcome: 'dead', reason: 'slack answered 404' }))
    await dismiss(ports, id, told)
    const { text } = await call('GET', `/console/deliveries/${id}`)
    const [, after] = /<p>Dismissed <time [^>]*>[^<]*<\/time>(.*?<\/p>)/.exec(text) ?? []
    expect(after).toBe(rest)
  },
)
