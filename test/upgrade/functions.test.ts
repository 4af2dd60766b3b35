import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { FunctionName } from '../../lib/function-names.ts'
import { requestReplay } from '../../relay/pipeline/replay.ts'
import { configBody } from '../support/aws-relay.ts'
import { bundledRelay } from '../support/bundled-relay.ts'
import { shown } from '../support/delivery-records.ts'
import { earlierReleaseMissing, writeEarlierRelease } from '../support/earlier-release.ts'
import { type SinkAnswers, startSink } from '../support/recording-sink.ts'
import { kustomizationEvent } from '../support/relay-manifests.ts'

const COMMIT = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'
const STATUS_PATH = '/api/v4/projects/group%2Fproject/statuses'
/** The second try comes after 5 s, the third after 30 s, and a fifth more at most. */
const DUE_WITHIN_MS = 60_000

const missing = earlierReleaseMissing()
type Release = '591c4aa' | 'this release'
const WAYS: readonly (readonly [Release, Release])[] = [
  ['591c4aa', 'this release'],
  ['this release', '591c4aa'],
]

describe.skipIf(missing !== undefined)(`both releases on the same queues ${missing ?? ''}`, () => {
  const { start, functionsOn } = bundledRelay()
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-earlier-'))
  beforeAll(() => bundleEarlier(folder))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** The functions of both, on a configuration that delivers all of `prod` to a sink. */
  async function startBoth(
    way: readonly [Release, Release],
    answers: SinkAnswers,
    type = 'generic',
  ) {
    const [{ relay, ...now }, sink] = [await start(), await startSink(answers)]
    const earlier = functionsOn(relay, (name) => bundleFolder(folder, name))
    const address = type === 'generic' ? `${sink.url}/hook` : `${sink.url}/group/project`
    await relay.setSecret('prod', 'sink', { address, token: 'glpat-x' })
    const sides = { '591c4aa': earlier, 'this release': now }
    const [first, second] = way.map((name) => sides[name]) as [typeof now, typeof now]
    const body = configBody(Date.now()).replace('"generic"', `"${type}"`)
    expect(await first.put(body)).toMatchObject({ statusCode: 200 })
    const { eventsQueueUrl, retriesQueueUrl } = relay.environment
    const records = async () =>
      (await relay.ports.ledger.list({ cluster: 'prod' }, 10)).records.map(shown)
    const retryBy = (side: typeof now) =>
      vi.waitFor(
        async () => {
          const { records: polled, failed } = await side.poll(retriesQueueUrl)
          expect([polled.length, failed]).toEqual([1, []])
        },
        { timeout: DUE_WITHIN_MS, interval: 250 },
      )
    const nothingWaits = async () => {
      for (const url of [eventsQueueUrl, retriesQueueUrl]) {
        for (const side of [first, second]) {
          expect((await side.poll(url)).records).toEqual([])
        }
      }
    }
    return { relay, sink, first, second, records, retryBy, nothingWaits, eventsQueueUrl }
  }

  it.each(WAYS)('%s takes an event, and %s delivers it', async (...way) => {
    const both = await startBoth(way, { 'POST /hook': { status: 200 } })
    const { first, second, sink, records, eventsQueueUrl } = both
    const answer = await first.post(JSON.stringify(kustomizationEvent('podinfo', COMMIT)))
    expect(answer).toMatchObject({ statusCode: 202 })
    await second.pollOne(eventsQueueUrl)
    expect(sink.requests).toHaveLength(1)
    expect(await records()).toMatchObject([{ outcome: 'delivered', attempt: 1, tries: 1 }])
    await both.nothingWaits()
  })

  it.each(WAYS)('a chain of retries goes from %s to %s and back', async (...way) => {
    const both = await startBoth(way, {
      'POST /hook': (_, earlier) => ({ status: earlier < 2 ? 503 : 200 }),
    })
    const { first, second, sink, records, retryBy, eventsQueueUrl } = both
    await second.post(JSON.stringify(kustomizationEvent('podinfo', COMMIT)))
    await first.pollOne(eventsQueueUrl)
    expect(await records()).toMatchObject([{ outcome: 'retry', attempt: 2, tries: 1 }])
    await retryBy(second)
    expect(await records()).toMatchObject([{ outcome: 'retry', attempt: 3, tries: 2 }])
    await retryBy(first)
    expect(sink.requests).toHaveLength(3)
    expect(await records()).toMatchObject([{ outcome: 'delivered', attempt: 3, tries: 3 }])
    await both.nothingWaits()
  })

  it.each(WAYS)('a status that %s sent %s does not send again', async (...way) => {
    const line = `POST ${STATUS_PATH}/${COMMIT}`
    const both = await startBoth(way, { [line]: { status: 201 } }, 'gitlab')
    const { first, second, sink, records, eventsQueueUrl } = both
    for (const [side, message] of [
      [first, 'Applied'],
      [second, 'Applied once more'],
    ] as const) {
      await side.post(JSON.stringify(kustomizationEvent('podinfo', COMMIT, message)))
      await side.pollOne(eventsQueueUrl)
    }
    expect(sink.requests).toHaveLength(1)
    const outcomes = (await records()).map(({ outcome }) => outcome)
    expect(outcomes.toSorted()).toEqual(['delivered', 'suppressed'])
    await both.nothingWaits()
  })

  it.each(WAYS)(
    'what %s could not tell this release tells, on one memory of the object',
    async (...way) => {
      const both = await startBoth(way, {
        'POST /hook': (_, earlier) => ({ status: earlier === 0 ? 404 : 200 }),
      })
      const { first, second, sink, records, eventsQueueUrl } = both
      const isUpgrade = way[0] === '591c4aa'
      const [earlier, now] = isUpgrade ? [first, second] : [second, first]
      const outcomes = []
      for (const side of [first, now, earlier, now]) {
        await side.post(JSON.stringify(kustomizationEvent('podinfo', COMMIT)))
        await side.pollOne(eventsQueueUrl)
        outcomes.push((await records())[0]?.outcome)
      }
      // Their fingerprints differ: 591c4aa knows what it reported itself, and takes it for told.
      const again = isUpgrade ? 'suppressed' : 'delivered'
      expect(outcomes).toEqual(['dead', 'delivered', again, 'suppressed'])
      expect(sink.requests).toHaveLength(isUpgrade ? 2 : 3)
      await both.nothingWaits()
    },
  )

  it.each(WAYS)('what is dead by %s is replayed, and delivered by %s', async (...way) => {
    const both = await startBoth(way, {
      'POST /hook': (_, earlier) => ({ status: earlier === 0 ? 410 : 200 }),
    })
    const { relay, first, second, sink, records, retryBy, eventsQueueUrl } = both
    await first.post(JSON.stringify(kustomizationEvent('podinfo', COMMIT)))
    await first.pollOne(eventsQueueUrl)
    const [dead] = await records()
    expect(dead).toMatchObject({ outcome: 'dead', tries: 1 })
    expect(await requestReplay(relay.ports, dead?.id ?? '')).toMatchObject({ kind: 'queued' })
    await retryBy(second)
    expect(sink.requests).toHaveLength(2)
    expect(await records()).toMatchObject([{ outcome: 'delivered', tries: 2 }])
    await both.nothingWaits()
  })
})

function bundleFolder(folder: string, name: FunctionName): string {
  return join(folder, 'bundles', name)
}

/** Builds its functions as it deployed them, by its own code. */
function bundleEarlier(folder: string): void {
  if (missing !== undefined) return
  const release = join(folder, 'release')
  writeEarlierRelease(release)
  const names: readonly FunctionName[] = ['ingest', 'dispatch', 'reconcile-config']
  const calls = names.map(
    (name) => `bundleFunction('${name}', ${JSON.stringify(bundleFolder(folder, name))})`,
  )
  const bundle = JSON.stringify(pathToFileURL(join(release, 'lib/bundle.ts')).href)
  const program = [`import { bundleFunction } from ${bundle}`, ...calls].join('\n')
  execFileSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: release })
}
