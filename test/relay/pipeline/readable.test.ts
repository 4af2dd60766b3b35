import { describe, expect, it } from 'vitest'
import { alert, createHarness, provider } from '../../support/relay-harness.ts'

describe('control characters', () => {
  it.each([
    ['NUL', 'a\u0000b'],
    ['colours of a terminal', '\u001b[31;1ma\u001b[0mb\u001b[K'],
    ['a bell and a backspace', 'a\u0007\u0008b'],
    ['DEL and those of Latin-1', 'a\u007f\u0085\u009fb'],
  ])('are removed from all texts of a notification: %s', async (_, text) => {
    const harness = createHarness()
    await harness.configure(
      provider('a', { type: 'generic', address: 'https://e.x/hook' }),
      alert('one', 'a'),
    )
    await harness.send('kustomization-applied', {
      message: `${text}\t\r\nc`,
      reason: text,
      metadata: {
        [`kustomize.toolkit.fluxcd.io/${text}`]: text,
        'kustomize.toolkit.fluxcd.io/\u0000': 'x',
      },
    })
    await harness.drain()
    const [request] = harness.requests
    const body = JSON.parse(String(request?.body)) as Record<string, unknown>
    expect(body).toMatchObject({ message: 'ab\t\r\nc', reason: 'ab', metadata: { ab: 'ab' } })
    expect(Object.keys(body.metadata as object)).toEqual(['ab'])
  })
})
