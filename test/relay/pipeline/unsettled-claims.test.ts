import { expect, it } from 'vitest'
import { claimSubject, settleSubject } from '../../../relay/pipeline/subject.ts'
import type { Verdict } from '../../../relay/providers/verdict.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

const TIMEOUT_MS = 15_000
/** Longer than a claim lasts. */
const LONG_AFTER_MS = 100_000

const UNKNOWN: readonly (readonly [string, Verdict | undefined])[] = [
  ['died before it knew', undefined],
  ['got no answer', { kind: 'retry', reason: '', applied: 'in-flight' }],
  ['got an answer that tells nothing', { kind: 'retry', reason: '', applied: 'unknown' }],
]

it.each(UNKNOWN)(
  'what one that %s may have shown hides no status that is as it was before',
  async (_, verdict) => {
    const ports = memoryPorts()
    let order = 0
    const claim = (deliveryId: string, shows: string) => {
      order += 1
      return claimSubject(ports, {
        ...{ cluster: 'local', subject: { key: 'commit', shows }, deliveryId },
        ...{ order: String(order), reason: 'R', timeoutMs: TIMEOUT_MS },
      })
    }
    const first = await claim('first', 'success')
    if (first.kind !== 'claimed') throw new Error(first.kind)
    await settleSubject(ports, first.claim, { kind: 'delivered' })
    expect(await claim('same', 'success')).toMatchObject({ kind: 'unchanged' })

    const lost = await claim('lost', 'failure')
    if (lost.kind !== 'claimed') throw new Error(lost.kind)
    if (verdict) await settleSubject(ports, lost.claim, verdict)
    ports.clock.advance(LONG_AFTER_MS)
    expect(await claim('next', 'success')).toMatchObject({ kind: 'claimed' })
  },
)
