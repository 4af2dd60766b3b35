import { existsSync, readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { alertYaml } from '../support/manifest-files.ts'
import { gate, startSink } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { startRelay } from '../support/relay-process.ts'
import { eventually } from '../support/served.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const COMMIT = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const EVENT = kustomizationEvent('podinfo', COMMIT)

it('ends at once when idle', async () => {
  const relay = await startRelay({ manifests: manifestsFolder({}) })
  // Linux has a folder a thread: those of libuv, of which look-ups get the half, are all there.
  const threads = `/proc/${relay.pid}/task`
  if (existsSync(threads)) expect(readdirSync(threads).length).toBeGreaterThan(128)
  const signalledAt = performance.now()
  expect(await relay.end('SIGTERM')).toMatchObject({ code: 0, signal: null, stderr: '' })
  // Half of what it would wait for deliveries under way.
  expect(performance.now() - signalledAt).toBeLessThan(10_000)
  expect(relay.log().at(-1)).toMatchObject({ finished: true, events: 0, retries: 0 })
})

it('lets a delivery under way finish, and takes nothing new meanwhile', async () => {
  const { sink, answered, folders, relay } = await startWithDeliveryUnderWay()

  const ended = relay.end('SIGTERM')
  await eventually(() => expect(relay.fetch('/readyz')).rejects.toThrow())
  await expect(relay.post(EVENT)).rejects.toThrow()
  answered.open()
  expect(await ended).toMatchObject({ code: 0, signal: null, stderr: '' })
  expect(relay.log().at(-1)).toMatchObject({ finished: true, events: 0, retries: 0 })

  const next = await startRelay(folders)
  expect(await next.deliveries()).toMatchObject([{ outcome: 'delivered', attempt: 1 }])
  expect(await next.metric('flux_relay_queue_depth')).toBe(0)
  expect(sink.requests).toHaveLength(1)
})

it('begins no delivery that it could not finish any more', async () => {
  const { sink, answered, folders, relay } = await startWithDeliveryUnderWay()
  for (const index of [1, 2, 3, 4, 5]) {
    expect((await relay.post(kustomizationEvent(`podinfo-${index}`, COMMIT))).status).toBe(202)
  }
  // As many as a destination gets of which nothing is known.
  await eventually(() => expect(sink.requests).toHaveLength(3))

  const ended = relay.end('SIGTERM')
  await relay.logged({ msg: 'no more deliveries begin; those that wait go on at the next start' })
  answered.open()
  expect(await ended).toMatchObject({ code: 0, signal: null, stderr: '' })
  expect(relay.log().at(-1)).toMatchObject({ finished: true })
  expect(sink.requests).toHaveLength(3)

  const next = await startRelay(folders)
  await eventually(async () => {
    const outcomes = (await next.deliveries()).map(({ outcome }) => outcome)
    expect(outcomes).toEqual(Array.from({ length: 6 }, () => 'delivered'))
  })
  expect(sink.requests).toHaveLength(6)
})

it('takes a signal that comes twice at once as one, as a terminal and npm both send it', async () => {
  const { sink, answered, folders, relay } = await startWithDeliveryUnderWay()

  process.kill(relay.pid, 'SIGINT')
  await eventually(() => expect(relay.fetch('/readyz')).rejects.toThrow())
  const ended = relay.end('SIGINT')
  answered.open()
  expect(await ended).toMatchObject({ code: 0, signal: null })

  const next = await startRelay(folders)
  expect(await next.deliveries()).toMatchObject([{ outcome: 'delivered' }])
  expect(sink.requests).toHaveLength(1)
})

it('ends at once when a person asks again; the delivery goes on at the next start', async () => {
  const { sink, answered, folders, relay } = await startWithDeliveryUnderWay()

  const ended = relay.end('SIGINT')
  const askingAgain = setInterval(() => process.kill(relay.pid, 'SIGINT'), 200)
  ended.finally(() => clearInterval(askingAgain))
  expect(await ended).toMatchObject({ code: 1, signal: null })
  answered.open()

  const next = await startRelay(folders)
  await next.logged({ msg: 'delivered' })
  expect(sink.requests).toHaveLength(2)
})

/** A relay whose one delivery waits for the answer of its destination. */
async function startWithDeliveryUnderWay() {
  const answered = gate()
  const sink = await startSink({
    'POST /hook': async () => {
      await answered.opened
      return { status: 200 }
    },
  })
  const spec = { type: 'generic', address: `${sink.url}/hook` }
  const folders = {
    data: temporaryDirectory(),
    manifests: manifestsFolder({
      'alert.yaml': alertYaml('all'),
      'provider.yaml': providerYaml('slack', spec),
    }),
  }
  const relay = await startRelay(folders)
  expect((await relay.post(EVENT)).status).toBe(202)
  await eventually(() => expect(sink.requests).toHaveLength(1))
  return { sink, answered, folders, relay }
}
