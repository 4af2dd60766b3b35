import { expect, it } from 'vitest'
import { createHostErrors, watchPorts } from '../../../relay/pipeline/host-ports.ts'
import { createHarness } from '../../support/relay-harness.ts'

type Broken = Readonly<Record<'rejects' | 'throws' | 'isGone', () => unknown>>

/** Ports like those of a host, each of which fails in any way. */
function brokenPorts() {
  const { ports } = createHarness()
  return Object.fromEntries(
    Object.keys(ports).map((name) => [
      name,
      {
        rejects: () => Promise.reject(new Error(`${name} rejects`)),
        throws() {
          throw new Error(`${name} throws`)
        },
        isGone: () => Promise.reject(`${name} is gone`),
      },
    ]),
  )
}

it('what any port fails with is the fault of the host, and what the clock does is not', async () => {
  const host = createHostErrors()
  const ports = brokenPorts()
  const watched = watchPorts(ports as never, host) as unknown as Record<string, Broken>
  expect(Object.keys(watched).sort()).toEqual(Object.keys(ports).sort())
  for (const [name, port] of Object.entries(watched)) {
    for (const way of ['rejects', 'throws', 'isGone'] as const) {
      const error: unknown = await new Promise((resolve) => resolve(port[way]())).catch(
        (failure: unknown) => failure,
      )
      expect(host.isOfHost(error), `${name} ${way}`).toBe(name !== 'clock')
      expect(String(error)).toContain(`${name} `)
    }
  }
  expect(host.isOfHost(new Error('a bug'))).toBe(false)
})
