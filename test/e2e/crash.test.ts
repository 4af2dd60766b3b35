import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { IS_FULL_SIZE } from '../support/full-size.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { jsonBodies, startSink, unusedPort } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { eventually } from '../support/served.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const EVENTS = 20
const ROUNDS = IS_FULL_SIZE ? 4 : 2
const EVENTS_PER_ROUND = 12

it('delivers each status once that was accepted while the forge was down', async () => {
  const port = await unusedPort()
  const folders = {
    data: temporaryDirectory(),
    manifests: manifestsWith({
      type: 'github',
      address: `http://127.0.0.1:${port}/example/fleet-infra`,
    }),
  }
  const commits = numbers(EVENTS).map(commitOf)

  const first = await startRelay(folders)
  for (const commit of commits) {
    expect((await first.post(kustomizationEvent('podinfo', commit))).status).toBe(202)
  }
  expect(await first.end('SIGKILL')).toMatchObject({ code: null, signal: 'SIGKILL' })

  const lines = commits.map((sha) => `POST /api/v3/repos/example/fleet-infra/statuses/${sha}`)
  const forge = await startSink(
    Object.fromEntries(lines.map((line) => [line, { status: 201 }])),
    port,
  )
  const second = await startRelay(folders)
  await second.logged({ msg: 'delivered' }, EVENTS)

  expect(forge.requests.map(({ line }) => line).toSorted()).toEqual(lines.toSorted())
  await expectAllDelivered(second, EVENTS)
})

it('loses no event however often it is killed, and repeats none that it reported', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const folders = {
    data: temporaryDirectory(),
    manifests: manifestsWith({ type: 'generic', address: `${sink.url}/hook` }),
  }
  /** How many requests had arrived when the relay had said that an event was delivered. */
  const arrivedWhenReported = new Map<string, number>()
  for (const round of numbers(ROUNDS)) {
    const relay = await startRelay(folders)
    await postRound(relay, round)
    // Killed before it delivered anything, it would show nothing of what must not be repeated.
    await relay.logged({ msg: 'delivered' }, 1)
    await relay.end('SIGKILL')
    for (const id of reportedBy(relay)) arrivedWhenReported.set(id, sink.requests.length)
  }
  const last = await startRelay(folders)
  await expectAllDelivered(last, ROUNDS * EVENTS_PER_ROUND)

  const messages = jsonBodies(sink).map((body) => (body as { message: string }).message)
  const ids = new Map((await last.deliveries()).map((view) => [view.event.message, view.eventId]))
  const arrivals = messages.map((message) => ids.get(message) ?? message)
  expect(new Set(arrivals)).toEqual(new Set(ids.values()))
  const repeated = arrivals.filter(
    (id, index) => index >= (arrivedWhenReported.get(id) ?? index + 1),
  )
  expect(repeated).toEqual([])
  expect(arrivedWhenReported.size).toBeGreaterThan(0)
})

async function postRound(relay: RelayProcess, round: number): Promise<void> {
  const answers = await Promise.all(
    numbers(EVENTS_PER_ROUND).map((index) => {
      const message = `round ${round}, event ${index}`
      return relay.post(kustomizationEvent(`app-${index % 4}`, commitOf(index), message))
    }),
  )
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202))
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function commitOf(index: number): string {
  return createHash('sha1').update(String(index)).digest('hex')
}

function manifestsWith(spec: Readonly<Record<string, string>>): string {
  return manifestsFolder({
    'alert.yaml': alertYaml('all'),
    'provider.yaml': providerYaml('slack', spec, { token: 'ghp_example' }),
  })
}

/** The ids of the events that the relay said were delivered. */
function reportedBy(relay: RelayProcess): readonly string[] {
  return relay
    .log()
    .filter(({ msg }) => msg === 'delivered')
    .map(({ event }) => String(event))
}

/** The ledger holds one delivery for each event, and nothing waits in the queue any more. */
async function expectAllDelivered(relay: RelayProcess, count: number): Promise<void> {
  await eventually(async () => {
    const outcomes = (await relay.deliveries()).map(({ outcome }) => outcome)
    expect(outcomes).toEqual(Array.from({ length: count }, () => 'delivered'))
    expect(await relay.metric('flux_relay_queue_depth')).toBe(0)
  })
}
