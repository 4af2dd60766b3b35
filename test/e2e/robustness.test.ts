import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyCharacter } from '../support/any-character.ts'
import { runsOf } from '../support/full-size.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { jsonBodies, startSink } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { eventually } from '../support/served.ts'

const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const MIB = 1024 * 1024
const RUNS = runsOf(30)
const PATHS = ['/', '/v1/clusters/local/events'] as const

/** As few as these are drawn now and then, none would be good. */
const GOOD_EVENTS = ['a', 'b', 'c', 'd'].map((message): [string, Record<string, string>] => [
  JSON.stringify(kustomizationEvent('podinfo', 'c'.repeat(40), message)),
  { 'content-type': 'application/json' },
])

it('survives whatever is posted, and decides about all that it accepts', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const relay = await startWithSink(sink.url)
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(anyBytes, anyJson, nearlyEvent),
      anyHeaders,
      async (body, headers) => {
        for (const path of PATHS) {
          const answer = await relay.fetch(path, { method: 'POST', headers, body })
          const text = await answer.text()
          expect(answer.status, text).toBeLessThan(500)
          if (answer.status === 202) accepted += acceptedOf(text)
        }
      },
    ),
    { numRuns: RUNS, examples: GOOD_EVENTS },
  )
  expect(accepted).toBeGreaterThan(RUNS / 10)
  await expectQueueEmpty(relay)
  const queued = await relay.metric('flux_relay_events_accepted_total')
  expect(await relay.deliveries()).toHaveLength(Math.min(queued, 200))
  const failed = relay.log().filter(({ level }) => level === 'error')
  expect(failed).toEqual([])
  expect((await relay.fetch('/healthz')).status).toBe(200)
  expect(await relay.end('SIGTERM')).toMatchObject({ code: 0, stderr: '' })
})

/** How many events an answer takes; one without a body takes the one that was posted. */
function acceptedOf(text: string): number {
  return text === '' ? 1 : (JSON.parse(text) as { accepted: number }).accepted
}

it('cuts a message of 1 MB, and refuses a body over 3 MiB', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const relay = await startWithSink(sink.url)

  const long = kustomizationEvent('podinfo', SHA, 'x'.repeat(1_000_000))
  expect((await relay.post(long)).status).toBe(202)
  await relay.logged({ msg: 'delivered' })
  const [{ message }] = jsonBodies(sink) as [{ message: string }]
  expect(message.length).toBeLessThanOrEqual(39_000)
  expect(message.length).toBeGreaterThan(38_900)

  const tooLong = kustomizationEvent('podinfo', SHA, 'x'.repeat(3.1 * MIB))
  const answer = await relay.post(tooLong)
  expect(answer.status).toBe(413)
  expect(await answer.json()).toMatchObject({ status: 413, title: 'Content Too Large' })

  const packed = await relay.fetch('/', {
    method: 'POST',
    headers: { 'Content-Encoding': 'gzip' },
    body: gzipSync(JSON.stringify(tooLong)),
  })
  expect(packed.status).toBe(413)
  expect(await relay.deliveries()).toHaveLength(1)
})

const anyText = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.string(),
  fc.constant('\ud800\u0000'),
)

/** Rarely `other`, lest hardly anything gets past validation. */
function mostly<T, U>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<U>): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: other })
}

const anyBytes = fc.uint8Array({ maxLength: 200 })

const anyJson = fc.json({ stringUnit: 'binary' })

/** Objects that come close enough to an event to get far. */
const nearlyEvent = fc
  .record(
    {
      involvedObject: fc.record(
        {
          kind: mostly(fc.constant('Kustomization'), anyText),
          namespace: mostly(fc.constant('flux-system'), anyText),
          name: mostly(fc.string({ minLength: 1 }), anyText),
          uid: anyText,
          apiVersion: mostly(fc.constant('kustomize.toolkit.fluxcd.io/v1'), anyText),
        },
        { requiredKeys: ['kind', 'namespace', 'name'] },
      ),
      severity: fc.oneof(fc.constantFrom('info', 'error', 'trace', null), anyText),
      timestamp: mostly(
        fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        fc.constantFrom('0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z', null, ''),
      ),
      message: anyText,
      reason: anyText,
      metadata: fc.oneof(
        fc.constant(null),
        fc.dictionary(
          fc.oneof(
            fc.constantFrom('kustomize.toolkit.fluxcd.io/revision', 'commit', '__proto__'),
            anyText.map((text) => `kustomize.toolkit.fluxcd.io/${text}`),
          ),
          anyText,
        ),
      ),
      reportingController: anyText,
    },
    { requiredKeys: ['involvedObject'] },
  )
  .map((value) => JSON.stringify(value))

const anyHeaders = fc.record(
  {
    'Content-Type': fc.constantFrom('application/json', 'application/x-ndjson', 'text/plain', '/'),
    'Content-Encoding': mostly(fc.constant('identity'), fc.constantFrom('gzip', 'br')),
    'Gotk-Component': fc.constantFrom('notification-controller', 'x'),
    'X-Signature': fc.constantFrom('sha256=00', 'x'),
  },
  { requiredKeys: [] },
)

function startWithSink(url: string): Promise<RelayProcess> {
  const manifests = manifestsFolder({
    'alert.yaml': alertYaml('all'),
    'provider.yaml': providerYaml('slack', { type: 'generic', address: `${url}/hook` }),
  })
  return startRelay({ manifests })
}

async function expectQueueEmpty(relay: RelayProcess): Promise<void> {
  await eventually(async () => expect(await relay.metric('flux_relay_queue_depth')).toBe(0))
}
