import { expect, it } from 'vitest'
import { configurationCame } from '../../../hosts/embedded/configuration-came.ts'
import { alert, CLUSTER, createHarness, provider } from '../../support/relay-harness.ts'

it('sends what waited for it though a later version remembers which Alerts were ready', async () => {
  const harness = createHarness()
  const { ports, destinations } = harness
  await harness.configure(alert('all', 'hook'))
  await harness.send('kustomization-finished')
  await harness.drain()
  expect(harness.requests).toEqual([])
  const later = { v: 9, readiness: 'of then' }
  await ports.state.write(`${CLUSTER}#readiness#`, later, 'absent', Number.MAX_SAFE_INTEGER)
  harness.clock.advance(1_000)
  const hook = provider('hook', { type: 'generic', address: 'https://hook.example/' })
  await harness.configure(hook, alert('all', 'hook'))
  const errors: unknown[] = []
  const log = { info: () => undefined, error: ({ err }: { err: unknown }) => errors.push(err) }
  await configurationCame({ ports, destinations, log }, CLUSTER)
  expect(errors).toEqual([expect.objectContaining({ name: 'LaterVersion' })])
  await harness.drain()
  expect(harness.requests).toHaveLength(1)
})
