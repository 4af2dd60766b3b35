import { describe, expect, it } from 'vitest'
import { alert, createHarness, provider } from '../../support/relay-harness.ts'

const COSTLY = '(?:error.{1,300}){9}'

/** What comes of a message for an Alert with such lists. */
async function decide(lists: Record<string, readonly string[]>, message: string) {
  const harness = createHarness()
  harness.secrets.set('local/flux-system/s', { address: 'https://hooks.example/x' })
  await harness.configure(
    provider('p', { type: 'generic', secretRef: { name: 's' } }),
    alert('a', 'p', lists),
  )
  await harness.send('kustomization-configured', { message })
  await harness.drain()
  const [record] = await harness.records()
  return { outcome: record?.outcome, reason: record?.reason, notes: record?.notes }
}

describe('an Alert with an entry that costs too much', () => {
  it('sends what its other entries let through, and notes the entry', async () => {
    const lists = { exclusionList: [COSTLY, 'noise'] }
    expect(await decide(lists, 'applied')).toMatchObject({
      outcome: 'delivered',
      notes: [
        expect.stringMatching(
          /^spec\.exclusionList\[0\] is refused, so events that this entry should hold back are sent; it costs too much: /,
        ),
      ],
    })
    expect(await decide(lists, 'just noise')).toMatchObject({
      outcome: 'skipped',
      reason: 'excluded by exclusionList[1] /noise/',
    })
  })

  it('sends what another entry includes', async () => {
    const lists = { inclusionList: [COSTLY, 'applied'] }
    expect(await decide(lists, 'applied')).toMatchObject({
      outcome: 'delivered',
      notes: [expect.stringContaining('spec.inclusionList[0] is refused')],
    })
    expect(await decide(lists, 'other')).toMatchObject({ outcome: 'skipped' })
  })

  it('has no note for an entry that Flux ignores too', async () => {
    expect(await decide({ exclusionList: ['('] }, 'applied')).toMatchObject({
      outcome: 'delivered',
      notes: [],
    })
  })
})
