import { expect, it } from 'vitest'
import { fixtureJson } from '../../../support/notifications.ts'
import { alert, createHarness, type Harness, provider } from '../../../support/relay-harness.ts'
import { annotated } from '../rules/annotated.ts'

const SLACK = provider('p', { type: 'slack', address: 'https://hooks.slack.com/services/x' })
const FAILED = { severity: 'error', reason: 'HealthCheckFailed' }
const MARK = '(a newer event of this object is known)'

async function setUp(rules: Readonly<Record<string, string>>): Promise<Harness> {
  const harness = createHarness()
  await harness.configure(SLACK, annotated(alert('a', 'p'), { 'group-wait': '30s', ...rules }))
  return harness
}

/** Reports an event of an object, ten seconds after the one before. */
async function send(harness: Harness, name: string, changes: object = {}): Promise<void> {
  harness.clock.advance(10_000)
  const event = fixtureJson('kustomization-finished')
  const involvedObject = { ...Object(event.involvedObject), name }
  const timestamp = new Date(harness.clock.now()).toISOString()
  await harness.sendJson({ ...event, involvedObject, timestamp, ...changes })
  await harness.drain()
}

/** The lines about objects of each message that tells of several. */
function linesOf({ requests }: Harness): readonly (readonly string[])[] {
  const texts = requests.map(({ body }) => JSON.parse(String(body)).attachments[0])
  return texts
    .filter(({ author_name: title }) => / events of /.test(title))
    .map(({ text }) => text.split('\n').filter((line: string) => line.startsWith('Kust')))
}

it('a message of a group marks an object of which another message told something newer', async () => {
  const harness = await setUp({ 'group-by': 'event.reason' })
  await send(harness, 'apps', FAILED)
  await send(harness, 'apps')
  await send(harness, 'infra', FAILED)
  await harness.pass(60_000)
  expect(harness.requests).toHaveLength(2)
  expect(linesOf(harness)).toEqual([
    [
      expect.stringMatching(
        /apps: HealthCheckFailed: .* \(a newer event of this object is known\)$/,
      ),
      expect.not.stringContaining(MARK),
    ],
  ])
})

it('a message of a group marks no object of which it tells the newest event itself', async () => {
  const harness = await setUp({ 'group-by': "'all'" })
  await send(harness, 'apps', FAILED)
  await send(harness, 'apps')
  await send(harness, 'infra', FAILED)
  await harness.pass(60_000)
  const [lines = []] = linesOf(harness)
  expect(lines).toHaveLength(2)
  expect(lines.join('\n')).not.toContain(MARK)
})

it('a message of a group marks no reminder, whose failure lasts whatever came since', async () => {
  const harness = await setUp({ 'group-by': "'all'", only: 'failures', remind: '1h' })
  for (const name of ['apps', 'infra']) await send(harness, name, FAILED)
  await harness.pass(10 * 60_000)
  for (const name of ['apps', 'infra']) await send(harness, name, { ...FAILED, message: 'still' })
  await harness.pass(60 * 60_000)
  const [, reminders = []] = linesOf(harness)
  expect(reminders.map((line) => line.includes('Still failing'))).toEqual([true, true])
  expect(reminders.join('\n')).not.toContain(MARK)
})
