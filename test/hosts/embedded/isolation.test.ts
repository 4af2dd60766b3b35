import { expect, it } from 'vitest'
import { createWorker } from '../../../hosts/embedded/worker.ts'
import { reconcile } from '../../../relay/pipeline/reconcile.ts'
import {
  alert,
  answer,
  createHarness,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'
import { kustomizationEvent } from '../../support/relay-manifests.ts'
import { waitFor } from '../../support/wait-for.ts'

const HANGING = 30

/** A host that hangs in the namespace of each of the loud cluster's Providers, and a good one. */
async function setUp(eventConcurrency = 3_000) {
  const harness = createHarness()
  const sent: string[] = []
  const hanging = Promise.withResolvers<ReturnType<typeof answer>>()
  const { ports } = harness
  ports.http.send = async ({ url }) => {
    const { hostname } = new URL(url)
    sent.push(hostname)
    return hostname.startsWith('hang') ? hanging.promise : answer(200)
  }
  const providers = Array.from({ length: HANGING }, (_, n) => hook(n, `https://hang${n}.test/`))
  await configure(harness, 'loud', [...providers, ...hook('good', 'https://loud.test/')].flat())
  await configure(harness, 'quiet', hook('good', 'https://quiet.test/'))
  const worker = createWorker({
    queue: harness.queue,
    woken: harness.woken,
    dispatcher: harness.dispatcher,
    clock: harness.clock,
    eventConcurrency,
    onFailure: ({ cause }) => expect.unreachable(String(cause)),
    onSetAside: ({ failure }) => expect.unreachable(String(failure.cause)),
  })
  const end = async () => {
    hanging.resolve(answer(200))
    await worker.stop(30_000)
    await harness.close()
  }
  return { harness, sent, worker, end }
}

/** A Provider, and an Alert that sends it the Kustomizations of one namespace. */
function hook(name: string | number, address: string, namespace = name) {
  const { metadata, ...rest } = provider(`p-${name}`, {
    type: 'generic',
    address,
    timeout: '15m',
  })
  const { uid: _, ...named } = metadata
  const eventSources = [{ kind: 'Kustomization', name: '*', namespace: `n-${namespace}` }]
  return [{ ...rest, metadata: named }, alert(`a-${name}`, `p-${name}`, { eventSources })]
}

async function configure(
  { ports }: Harness,
  cluster: string,
  manifests: Parameters<typeof reconcile>[1],
) {
  const snapshot = await reconcile(cluster, manifests, ports.clock.now(), ports.secrets)
  await ports.configs.replace(snapshot)
}

let count = 0

async function send(
  { sendJson }: Harness,
  cluster: string,
  namespace: string | number,
  name = `app-${count}`,
) {
  count += 1
  const event = kustomizationEvent(name, '3f2c9a1', `said ${count}`)
  const involvedObject = { ...event.involvedObject, namespace: `n-${namespace}` }
  await sendJson({ ...event, involvedObject }, cluster)
}

/** Events of the loud cluster, which are accepted at the same time. */
async function sendAll(
  harness: Harness,
  events: number,
  namespaceOf: (n: number) => string | number,
) {
  await send(harness, 'loud', namespaceOf(0))
  const others = Array.from({ length: events - 1 }, (_, n) => namespaceOf(n + 1))
  await Promise.all(others.map((namespace) => send(harness, 'loud', namespace)))
}

it('hosts that hang hold up neither another cluster nor the other hosts of theirs', async () => {
  const { harness, sent, worker, end } = await setUp()
  worker.start()
  await sendAll(harness, 60 * HANGING, (n) => n % HANGING)
  await waitFor(() => expect(new Set(sent).size).toBe(HANGING))
  await send(harness, 'quiet', 'good')
  await waitFor(() => expect(sent).toContain('quiet.test'))
  await send(harness, 'loud', 'good')
  await waitFor(() => expect(sent).toContain('loud.test'))
  // Of a host of which no answer is known no more than it takes to park it.
  const toFirst = sent.filter((hostname) => hostname === 'hang0.test')
  expect(toFirst).toHaveLength(3)
  await end()
})

it('a host that hangs holds up no other to which the same objects are told', async () => {
  const { harness, sent, worker, end } = await setUp()
  const hanging = hook('hanging', 'https://hang.test/', 'shared')
  const good = hook('good', 'https://good.test/', 'shared')
  await configure(harness, 'both', [...hanging, ...good])
  worker.start()
  const objects = 20
  for (const _ of ['once', 'twice', 'three times']) {
    for (let object = 0; object < objects; object += 1) {
      await send(harness, 'both', 'shared', `app-${object}`)
    }
  }
  const told = () => sent.filter((hostname) => hostname === 'good.test').length
  await waitFor(() => expect(told()).toBe(objects))
  // Whoever waits for the host that hangs waits elsewhere after a second. Three are on their way there.
  const others = objects - 3
  for (const times of [1, 2]) {
    harness.clock.advance(1_000)
    await waitFor(() => expect(told()).toBe(objects + times * others))
  }
  await end()
})

it('a long queue of one cluster is in no front of another one', async () => {
  const { harness, sent, worker, end } = await setUp()
  await sendAll(harness, 1_000, () => 'good')
  await send(harness, 'quiet', 'good')
  worker.start()
  await waitFor(() => expect(sent).toContain('quiet.test'))
  expect(sent.indexOf('quiet.test')).toBeLessThan(100)
  await end()
})

it('one cluster alone is worked off, though it never has more than its share', async () => {
  const { harness, sent, worker, end } = await setUp(4)
  await sendAll(harness, 50, () => 'good')
  worker.start()
  await waitFor(() => expect(sent).toHaveLength(50))
  await end()
})
