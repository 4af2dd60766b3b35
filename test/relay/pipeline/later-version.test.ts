import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import type { DispatchFailure } from '../../../relay/pipeline/dispatch-failure.ts'
import { fixtureJson } from '../../support/notifications.ts'
import {
  alert,
  answer,
  CLUSTER,
  createHarness,
  type Harness,
  provider,
} from '../../support/relay-harness.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const LATER = "json_set(%, '$.v', 99, '$.new', 'field')"
const MINUTE_MS = 60_000

const MANIFESTS = [
  provider('forge', {
    type: 'gitlab',
    address: 'https://forge.test/group/project',
    secretRef: { name: 'forge' },
  }),
  alert('all', 'forge'),
]

/** What a later version wrote, and the column that has it. */
const ROWS = {
  'queued event': ['events', 'body', 'queued = 1'],
  configuration: ['configs', 'body', 'TRUE'],
  'object memory': ['state', 'value', "key LIKE '%#object#%'"],
  subject: ['state', 'value', "key NOT LIKE '%#object#%'"],
  'delivery record': ['ledger', 'body', "outcome = 'retry'"],
} as const
type Form = keyof typeof ROWS

function open(directory: string): Harness {
  const harness = createHarness({}, { directory })
  harness.secrets.set(`${CLUSTER}/flux-system/forge`, { token: 'token' })
  return harness
}

/** Closes the relay, changes rows of its file, and opens it again. */
async function reopenWith(harness: Harness, directory: string, sql: string): Promise<Harness> {
  const now = harness.clock.now()
  await harness.close()
  const connection = new DatabaseSync(join(directory, 'flux-relay.db'))
  expect(connection.prepare(sql).run().changes).toBeGreaterThan(0)
  connection.close()
  const again = open(directory)
  again.clock.set(now)
  return again
}

async function tell(harness: Harness, message: string): Promise<void> {
  harness.clock.advance(1)
  // Each is another status of the commit.
  const changes = { message, severity: 'error', reason: `${message}Step` }
  await harness.sendJson({ ...fixtureJson('kustomization-finished'), ...changes })
}

/** What each message that is available came to. */
async function dispatchAll({ queue, dispatcher }: Harness): Promise<readonly unknown[]> {
  const results: unknown[] = []
  const events = await queue.leaseEvents(10, (_, error) => results.push(error))
  const retries = await queue.leaseRetries(10)
  const works = [
    ...events.map((event) => [
      () => dispatcher.dispatchEvent(event),
      async () => queue.acknowledge(event),
    ]),
    ...retries.map((retry) => [
      () => dispatcher.dispatchRetry(retry),
      () => queue.acknowledgeRetry(retry),
    ]),
  ]
  for (const [dispatch, acknowledge] of works) {
    const failure = await dispatch?.().then(
      () => undefined,
      (error: unknown) => error,
    )
    if (failure === undefined) await acknowledge?.()
    results.push(failure ?? 'done')
  }
  return results
}

it.each(Object.keys(ROWS) as Form[])(
  'nothing is sent, decided or lost while a %s is of a later version',
  async (form) => {
    const directory = temporaryDirectory()
    const first = open(directory)
    await first.configure(...MANIFESTS)
    // An event that was told, so that there is a memory of each kind; and then one that waits.
    await tell(first, 'first')
    await first.drain()
    first.answerWith(() => answer(503))
    await tell(first, 'second')
    if (form === 'delivery record') await first.drain()
    const requests = first.requests.length
    expect(requests).toBe(form === 'delivery record' ? 2 : 1)

    const [table, column, where] = ROWS[form]
    const later = LATER.replace('%', column)
    const made = `UPDATE ${table} SET ${column} = ${later} WHERE ${where}`
    const second = await reopenWith(first, directory, made)
    second.clock.advance(MINUTE_MS)
    const [failure] = (await dispatchAll(second)) as readonly DispatchFailure[]
    expect(failure?.message).toMatch(
      new RegExp(`^a stored ${form} is of a later version: .+ it is of version 99, and this `),
    )
    expect(failure?.mustBeSetAside ?? false).toBe(false)
    expect(second.requests).toEqual([])
    expect(second.decisions).toEqual([])

    // The later version comes back, or this one is upgraded.
    const mended = `UPDATE ${table} SET ${column} = json_set(${column}, '$.v', 1) WHERE ${where}`
    const third = await reopenWith(second, directory, mended)
    third.clock.advance(MINUTE_MS)
    expect(await dispatchAll(third)).toEqual(['done'])
    const told = third.requests.map(({ body }) => String(body))
    expect(told).toHaveLength(1)
    expect(third.decisions).toMatchObject([{ record: { outcome: 'delivered' } }])
    await third.close()
  },
)
