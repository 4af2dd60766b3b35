import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openEvents } from '../support/event-source.ts'
import { example } from '../support/relay-manifests.ts'
import { startRelay } from '../support/relay-process.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitFor } from '../support/wait-for.ts'

const portOf = ({ url }: { readonly url: string }) => Number(new URL(url).port)
const EVENT = JSON.parse(example('events/kustomization-health-check-failed.json'))

it('streams what a relay stores, and does not keep it from stopping', async () => {
  const relay = await startRelay({ manifests: 'examples/quickstart' })
  const source = await openEvents(portOf(relay), '/v1/deliveries/stream?outcome=delivered')
  expect((await relay.post(EVENT)).status).toBe(202)
  await waitFor(() => expect(source.deliveries()).toHaveLength(1))
  const listed = await relay.deliveries('outcome=delivered')
  expect(source.deliveries()).toEqual(listed.map(({ id }) => id))
  const stoppedAt = performance.now()
  const { code, stdout } = await relay.end('SIGTERM')
  await source.ended
  expect(source.events().at(-1)).toMatchObject({
    event: 'end',
    data: expect.stringContaining('"stopping"'),
  })
  expect([code, stdout]).toEqual([0, expect.stringMatching(/"finished":true.*"msg":"stopped/)])
  // What is cut off after the grace of 20 seconds would take them.
  expect(performance.now() - stoppedAt).toBeLessThan(15_000)
})

it('ends the streams of a token that is valid no more', async () => {
  const tokens = join(temporaryDirectory(), 'tokens.yaml')
  const write = (operators: string) =>
    writeFileSync(tokens, `operators: ${operators}\nclusters:\n  prod: [prod-token]\n`)
  write('[first-token]')
  const relay = await startRelay({ flags: ['--tokens', tokens] })
  const source = await openEvents(portOf(relay), '/v1/deliveries/stream', {
    Authorization: 'Bearer first-token',
  })
  write('[another-token]')
  await source.ended
  expect(source.events().at(-1)).toMatchObject({
    event: 'end',
    data: expect.stringContaining('"tokens-changed"'),
  })
  const again = await relay.fetch('/v1/deliveries/stream', {
    headers: { Authorization: 'Bearer first-token' },
  })
  expect(again.status).toBe(401)
})
