import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { seededRandom } from '../crash/random.ts'
import { IS_FULL_SIZE } from '../support/full-size.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { AlertModel, type Expected, type ModelEvent, type ModelRules } from './model.ts'
import { type Post, type Sink, type WeeksRelay, weeksRelay } from './relay.ts'
import { drawSteps, type Step } from './steps.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

const START = Date.UTC(2026, 10, 2)

/** The night is silent each day from 22:00 for eight hours. */
const NIGHT = { beginsMs: 22 * HOUR_MS, lastsMs: 8 * HOUR_MS }

/** How much later than it should a message may come: what waits ends a second late, and may wait for what waits. */
const TOLERANCE_MS = 2 * MINUTE_MS

interface Route {
  readonly annotations: Readonly<Record<string, string>>
  readonly rules: ModelRules
  readonly namespace?: 'night'
  /** Whether people silence it now and then. */
  readonly isSilenced?: true
}

const ROUTES: Readonly<Record<string, Route>> = {
  plain: { annotations: {}, rules: {} },
  remind: { annotations: { remind: '4h' }, rules: { remindMs: 4 * HOUR_MS } },
  lasting: {
    annotations: { after: '1h', remind: '1d' },
    rules: { after: { ms: HOUR_MS }, remindMs: DAY_MS },
  },
  times: { annotations: { after: '3 times' }, rules: { after: { times: 3 } } },
  changes: { annotations: { only: 'changes' }, rules: { only: 'changes' } },
  failures: {
    annotations: { only: 'failures', remind: '12h', after: '20m' },
    rules: { only: 'failures', remindMs: 12 * HOUR_MS, after: { ms: 20 * MINUTE_MS } },
  },
  grouped: {
    annotations: { 'group-by': "'all'", 'group-wait': '3m', 'group-max': '10m' },
    rules: { group: { waitMs: 3 * MINUTE_MS, maxMs: 10 * MINUTE_MS } },
  },
  silenced: { annotations: {}, rules: {}, isSilenced: true },
  'silenced-failures': {
    annotations: { only: 'failures', remind: '6h' },
    rules: { only: 'failures', remindMs: 6 * HOUR_MS },
    isSilenced: true,
  },
  night: { annotations: {}, rules: {}, namespace: 'night' },
  'night-remind': {
    annotations: { remind: '5h' },
    rules: { remindMs: 5 * HOUR_MS },
    namespace: 'night',
  },
}

function writeManifests(folder: string, { url }: Sink): void {
  const api = 'notification.toolkit.fluxcd.io/v1beta3'
  const objects = Object.entries(ROUTES).flatMap(([name, route]) => {
    const { annotations, namespace = 'flux-system' } = route
    const prefixed = Object.entries(annotations).map(([key, value]) => [
      `flux-relay.io/${key}`,
      value,
    ])
    const source = { kind: 'Kustomization', name: '*', namespace: 'flux-system' }
    return [
      {
        apiVersion: api,
        kind: 'Provider',
        metadata: { name, namespace },
        spec: { type: 'slack', address: `${url}/${name}` },
      },
      {
        apiVersion: api,
        kind: 'Alert',
        metadata: { name, namespace, annotations: Object.fromEntries(prefixed) },
        spec: { providerRef: { name }, eventSources: [source] },
      },
    ]
  })
  const silence = {
    apiVersion: 'flux-relay.io/v1alpha1',
    kind: 'Silence',
    metadata: { name: 'night', namespace: 'night' },
    spec: { match: 'true', reason: 'night', schedule: '0 22 * * *', duration: '8h' },
  }
  const documents = [...objects, silence].map((object) => JSON.stringify(object))
  writeFileSync(join(folder, 'weeks.yaml'), documents.join('\n---\n'))
}

function nightUntil(wall: number): number | undefined {
  const day = Math.floor((wall - NIGHT.beginsMs) / DAY_MS) * DAY_MS + NIGHT.beginsMs
  return wall < day + NIGHT.lastsMs ? day + NIGHT.lastsMs : undefined
}

/** Does a step on the relay and in the models. */
async function play(relay: WeeksRelay, models: Models, step: Step): Promise<void> {
  await relay.passUntil(step.at)
  models.passUntil(relay.elapsed(), relay.wall() - relay.elapsed())
  if (step.kind === 'event') {
    const { object, kind, revision, word } = step.event
    models.event(step.event, relay.elapsed(), relay.wall())
    await relay.post('/', {
      involvedObject: {
        kind: 'Kustomization',
        namespace: 'flux-system',
        name: object,
        apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      },
      severity: kind === 'failed' ? 'error' : 'info',
      reason: {
        failed: 'HealthCheckFailed',
        done: 'ReconciliationSucceeded',
        going: 'Progressing',
      }[kind],
      message: `${object} ${kind} ${word}`,
      timestamp: new Date(relay.wall()).toISOString(),
      metadata: { 'kustomize.toolkit.fluxcd.io/revision': revision },
      reportingController: 'kustomize-controller',
    })
  }
  if (step.kind === 'kill') {
    await relay.kill()
    relay.beOff(step.offMs)
    models.beOff(step.offMs)
    await relay.start()
  }
  if (step.kind === 'set') await relay.setBy(step.byMs)
  if (step.kind === 'silence') {
    const endsAt = relay.wall() + step.forMs
    models.silence(endsAt)
    const match = "alert.metadata.name.startsWith('silenced')"
    const silence = { match, reason: 'work', endsAt: new Date(endsAt).toISOString() }
    await relay.post('/v1/clusters/local/silences', silence)
  }
}

/** The models of all Alerts. */
class Models {
  readonly byRoute: ReadonlyMap<string, AlertModel>
  readonly #ends: number[] = []
  #elapsed = 0

  constructor() {
    const byPeople = (wall: number) => {
      const ends = this.#ends.filter((end) => end > wall)
      return ends.length === 0 ? undefined : Math.max(...ends)
    }
    this.byRoute = new Map(
      Object.entries(ROUTES).map(([name, { rules, namespace, isSilenced }]) => {
        const silencedUntil = namespace === 'night' ? nightUntil : isSilenced ? byPeople : undefined
        return [name, new AlertModel(rules, silencedUntil)]
      }),
    )
  }

  /** Lets time pass, in which the wall's clock goes evenly. */
  passUntil(elapsed: number, offset: number): void {
    for (let at = this.#elapsed; at <= elapsed; at += 20_000) {
      for (const model of this.byRoute.values()) model.pass(at, at + offset)
    }
    this.#elapsed = elapsed
  }

  /** Lets time pass in which nothing is told. */
  beOff(ms: number): void {
    this.#elapsed += ms
  }

  event(event: ModelEvent, at: number, wall: number): void {
    for (const model of this.byRoute.values()) model.event(event, at, wall)
  }

  silence(endsAt: number): void {
    this.#ends.push(endsAt)
  }
}

/** What a message says, in the words of the model. */
function saysOf({ title, text }: Post): string {
  const [, events] = /^(\d+ events) of /.exec(title) ?? []
  if (events !== undefined) return events
  const [word = text] = /word-[a-z]+-end/.exec(text) ?? []
  const [, reminder] = /\(reminder (\d+)\)/.exec(text) ?? []
  return reminder === undefined ? word : `${word} reminder ${reminder}`
}

async function weeksOf(seed: number, lastsMs: number) {
  const folders = { data: temporaryDirectory(), manifests: temporaryDirectory() }
  const relay = await weeksRelay(folders, START, (sink) => writeManifests(folders.manifests, sink))
  onTestFinished(() => relay.close())
  await relay.start()
  const models = new Models()
  const steps = drawSteps(seededRandom(seed), lastsMs)
  for (const step of steps) await play(relay, models, step)
  await relay.passUntil(relay.elapsed() + HOUR_MS)
  models.passUntil(relay.elapsed(), relay.wall() - relay.elapsed())
  return { relay, models, steps }
}

/** The first that was told at another time than expected, or not at all; undefined when there is none. */
function differenceOf(
  expected: readonly Expected[],
  told: readonly Expected[],
): Expected | undefined {
  const left = [...told]
  for (const wanted of expected) {
    const at = left.findIndex(
      ({ says, at }) => says === wanted.says && Math.abs(at - wanted.at) <= TOLERANCE_MS,
    )
    if (at === -1) return wanted
    left.splice(at, 1)
  }
  return left[0]
}

/** A few days cost ten seconds. */
const [SEEDS, LASTS_MS] = IS_FULL_SIZE ? [[1, 18, 28, 30, 33], 4 * DAY_MS] : [[7], 1.5 * DAY_MS]

const hours = (ms: number) => `${(ms / HOUR_MS).toFixed(2)} h`

it.each(SEEDS)(
  'the real host tells over days what the rules say, whatever happens to it (seed %s)',
  async (seed) => {
    const { relay, models, steps } = await weeksOf(seed, LASTS_MS)
    const problems = [...models.byRoute].flatMap(([route, { expected }]) => {
      const posts = relay.posts.filter(({ to }) => to === route)
      const told = posts.map((post) => ({ says: saysOf(post), at: post.at }))
      const first = differenceOf(expected, told)
      if (first === undefined) return []
      const isNear = ({ at }: { readonly at: number }) => Math.abs(at - first.at) < 20 * HOUR_MS
      const list = (all: readonly Expected[]) =>
        all.filter(isNear).map(({ says, at }) => `${hours(at)} ${says}`)
      return [
        `${route}: ${first.says} at ${hours(first.at)}`,
        `expected: ${list(expected).join(', ')}`,
        `told: ${list(told).join(', ')}`,
        ...steps.filter(isNear).map(({ at, ...step }) => `${hours(at)} ${JSON.stringify(step)}`),
      ]
    })
    expect(relay.errors).toEqual([])
    expect(problems.join('\n')).toBe('')
  },
  IS_FULL_SIZE ? 300_000 : 60_000,
)
