import { expect, it } from 'vitest'
import { DatabaseError } from '../../../adapters/sqlite/database-error.ts'
import { configurationCame } from '../../../hosts/embedded/configuration-came.ts'
import { fixtureJson } from '../../support/notifications.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'

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

it('says nothing of what the end of the relay interrupts', async () => {
  const { ports, destinations } = createHarness()
  const errors: unknown[] = []
  const log = { info: () => undefined, error: ({ err }: { err: unknown }) => errors.push(err) }
  const failing = (error: Error) => ({
    ...{ ports: { ...ports, ledger: { ...ports.ledger, list: () => Promise.reject(error) } } },
    ...{ destinations, log },
  })
  const closed = new DatabaseError('relay.db', 'closed', 'the database is closed.')
  expect(await configurationCame(failing(closed), CLUSTER)).toBe(false)
  expect(errors).toEqual([])
  const full = new DatabaseError('relay.db', 'full', 'there is no space left.')
  expect(await configurationCame(failing(full), CLUSTER)).toBe(false)
  expect(errors).toEqual([full])
})

const SECRET = `${CLUSTER}/flux-system/hook`
const hook = (more: object = {}) =>
  provider('hook', { type: 'generic', secretRef: { name: 'hook' }, ...more })

/** Three deliveries that failed and park their destination, and two that wait behind it. */
async function withParked(): Promise<Harness> {
  const harness = createHarness()
  harness.secrets.set(SECRET, { address: 'https://old.example/' })
  await harness.configure(hook(), alert('all', 'hook'))
  harness.answerWith(() => answer(503))
  const event = fixtureJson('kustomization-finished')
  for (const name of ['failed-1', 'failed-2', 'failed-3', 'a', 'b']) {
    const involvedObject = { ...Object(event.involvedObject), name }
    harness.clock.advance(1)
    await harness.sendJson({ ...event, involvedObject })
    await harness.drain()
  }
  expect(harness.requests).toHaveLength(3)
  harness.requests.length = 0
  harness.answerWith(() => answer(200))
  return harness
}

async function outcomesOf(harness: Harness) {
  const records = await harness.records()
  return records.flatMap(({ event, outcome }) =>
    ['a', 'b'].includes(event.involvedObject.name) ? [outcome] : [],
  )
}

it.each<readonly [string, (harness: Harness) => Promise<void>, string, readonly string[]]>([
  [
    'another address of the Secret',
    async ({ secrets }) => void secrets.set(SECRET, { address: 'https://new.example/' }),
    'delivered',
    ['https://new.example/', 'https://new.example/'],
  ],
  [
    'another address of the Provider',
    (harness) =>
      harness.configure(
        provider('hook', { type: 'generic', address: 'https://other.example/' }),
        alert('all', 'hook'),
      ),
    'delivered',
    ['https://other.example/', 'https://other.example/'],
  ],
  [
    'a suspended Alert',
    (harness) => harness.configure(hook(), alert('all', 'hook', { suspend: true })),
    'skipped',
    [],
  ],
  [
    'a suspended Provider',
    (harness) => harness.configure(hook({ suspend: true }), alert('all', 'hook')),
    'skipped',
    [],
  ],
  ['no Alert any more', (harness) => harness.configure(hook()), 'skipped', []],
])('what waits behind a parked destination meets %s at once', async (_, change, outcome, urls) => {
  const harness = await withParked()
  const { ports, destinations } = harness
  const log = { info: () => undefined, error: ({ err }: { err: unknown }) => expect(err).toBe('') }
  await change(harness)
  await configurationCame({ ports, destinations, log }, CLUSTER)
  await harness.drain()
  expect(await outcomesOf(harness)).toEqual([outcome, outcome])
  expect(harness.requests.map(({ url }) => url)).toEqual(urls)
})
