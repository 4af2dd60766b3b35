import { expect, it } from 'vitest'
import { event } from '../../support/delivery-records.ts'
import { bearer, OPERATOR, PROD, startRelay, TOKENS } from '../../support/embedded-server.ts'

it('tells how many events wait at the shipper of a cluster, as that told it last', async () => {
  const { call, ports } = await startRelay({ tokens: TOKENS })
  const post = (spooled: string, token = PROD) =>
    call('POST', '/v1/clusters/prod/events', {
      headers: { ...bearer(token), 'Flux-Relay-Spooled': spooled },
      body: JSON.stringify(event('app', `failed ${spooled}`)),
    })
  const spools = async () => {
    const { json } = await call('GET', '/v1/clusters', { headers: bearer(OPERATOR) })
    const { clusters } = json as { clusters: readonly { name: string; spool?: unknown }[] }
    return clusters.map(({ name, spool }) => [name, spool])
  }
  expect((await post('1204')).status).toBe(202)
  const toldAt = new Date(ports.clock.now()).toISOString()
  const told = [
    ['prod', { events: 1_204, toldAt }],
    ['staging', undefined],
  ]
  expect(await spools()).toEqual(told)
  // What is no number, and what comes from somebody else, changes nothing.
  ports.clock.advance(1_000)
  expect((await post('many')).status).toBe(202)
  expect((await post('7', 'staging-token')).status).toBe(401)
  expect(await spools()).toEqual(told)
  await post('0')
  expect(await spools()).toMatchObject([
    ['prod', { events: 0 }],
    ['staging', undefined],
  ])
})
