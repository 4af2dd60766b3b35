import type { Event } from '../../relay/model/event.ts'
import type { KubernetesObject } from '../../relay/model/kubernetes.ts'
import { match } from '../../relay/pipeline/match.ts'
import { compileRoutingTable } from '../../relay/pipeline/routing-table.ts'
import type { MatchInput } from '../../relay/pipeline/source-index.ts'
import { markedEvent } from '../marked-event.ts'
import type { Bench } from '../processes.ts'
import { formatNumber, type Outcome, type Row } from '../report.ts'
import { median, rounds, type Scale, type Scenario } from '../scenario.ts'

const MANY = 10_000
const FEW = 10

/** Long enough that a garbage collection does not decide. Milliseconds. */
const MEASURED_MS = 500

export const matchTime: Scenario = {
  name: 'match',
  about: 'time to match an event at 10,000 Alerts, beside 10',
  measure: measureMatch,
}

/** What tells the Alerts from each other: an event fits exactly one of them. */
const SHAPES = {
  'by namespace': (index: number) => ({ namespace: `team-${index}`, name: '*' }),
  'by name': (index: number) => ({ namespace: 'bench', name: `app-${index}` }),
  'by label': (index: number) => ({
    ...{ namespace: 'bench', name: '*' },
    matchLabels: { app: `app-${index}` },
  }),
} as const

type Shape = keyof typeof SHAPES

async function measureMatch(_: Bench, scale: Scale): Promise<Outcome> {
  const rows = await Promise.all(
    (Object.keys(SHAPES) as Shape[]).map((shape) => measureShape(shape, scale)),
  )
  return { rows }
}

async function measureShape(shape: Shape, scale: Scale): Promise<Row> {
  const [few, many] = [prepare(shape, FEW), prepare(shape, MANY)]
  timePerEvent(few)
  timePerEvent(many)
  const results = await rounds(Math.max(scale.rounds, 3), async () => {
    return { few: timePerEvent(few), many: timePerEvent(many) }
  })
  const middle = (of: 'few' | 'many') => formatNumber(median(results.map((it) => it[of])))
  return {
    measure: `match at ${MANY} Alerts that differ ${shape}, beside ${FEW}`,
    measured: `${middle('many')} beside ${middle('few')} us`,
    value: median(results.map(({ few, many }) => many / few)),
    target: { atMost: 2, unit: 'x' },
  }
}

interface Prepared {
  readonly table: ReturnType<typeof compileRoutingTable>
  readonly inputs: readonly MatchInput[]
}

function prepare(shape: Shape, count: number): Prepared {
  const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3'
  const metadata = (name: string) => ({ name, namespace: 'bench' })
  const manifests: KubernetesObject[] = [
    {
      ...{ apiVersion, kind: 'Provider', metadata: metadata('sink') },
      spec: { type: 'generic', address: 'http://127.0.0.1:9/' },
    },
    ...Array.from({ length: count }, (_, index) => ({
      ...{ apiVersion, kind: 'Alert', metadata: metadata(`alert-${index}`) },
      spec: {
        providerRef: { name: 'sink' },
        eventSources: [{ kind: 'Kustomization', ...SHAPES[shape](index) }],
      },
    })),
  ]
  const snapshot = { cluster: 'local', revision: '1', takenAt: 0, manifests, objects: [] }
  const inputs = Array.from({ length: FEW }, (_, index) => inputOf(shape, index))
  return { table: compileRoutingTable(snapshot), inputs }
}

/** An event that the Alert of that index takes. */
function inputOf(shape: Shape, index: number): MatchInput {
  const about = { kind: 'Kustomization', objects: FEW }
  const { involvedObject, ...rest } = markedEvent({ stream: 'match', index, postedAt: 0 }, about)
  const { namespace } = SHAPES[shape](index)
  const event = { ...rest, involvedObject: { ...involvedObject, namespace } } as unknown as Event
  return { event, objectLabels: { app: `app-${index}` } }
}

/** Microseconds. Throws when an event does not fit exactly one Alert. */
function timePerEvent({ table, inputs }: Prepared): number {
  const start = performance.now()
  let events = 0
  while (performance.now() - start < MEASURED_MS) {
    for (const input of inputs) {
      const { candidates } = match(input, table, { noCrossNamespaceRefs: false })
      const found = [...candidates].length
      if (found !== 1) throw new Error(`${found} Alerts fit one event`)
      events += 1
    }
  }
  return ((performance.now() - start) * 1_000) / events
}
