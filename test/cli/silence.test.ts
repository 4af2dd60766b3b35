import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import type { Ports } from '../../relay/ports/ports.ts'
import { type CommandTarget, commandTargets, openHttpTarget } from '../support/command-targets.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { alert, provider } from '../support/relay-harness.ts'
import { exampleEvent } from '../support/relay-manifests.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const CREATE = ['silence', 'create', '--cluster', 'prod', '--reason', 'upgrade', '--match', 'true']

async function configure({ configs, secrets }: Pick<Ports, 'configs' | 'secrets'>) {
  const objects = [provider('p', { type: 'slack', address: 'https://x.test' }), alert('a', 'p')]
  await configs.replace(await reconcile('prod', objects, Date.now(), secrets))
}

async function listed({ run }: CommandTarget, ...flags: readonly string[]) {
  const { stdout } = await run(['silence', 'list', '--cluster', 'prod', '-o', 'json', ...flags])
  return JSON.parse(stdout) as readonly Record<string, unknown>[]
}

describe.each(commandTargets())('flux-relay silence %s', (kind, open) => {
  const by = kind === '--stack' ? 'arn:aws:iam::000000000000:root' : undefined

  it('makes a silence, shows it, and ends it with what it holds back', async () => {
    const target = await open()
    await configure(target.ports)
    const created = await target.run([...CREATE, '--for', '2h'])
    expect(created).toMatchObject({ code: 0, stderr: '' })
    const id = created.stdout.trim()
    expect(id).toMatch(/^[0-9a-f]{8}$/)
    expect(await listed(target)).toMatchObject([
      {
        id,
        cluster: 'prod',
        match: 'true',
        reason: 'upgrade',
        active: true,
        ...(by && { createdBy: by }),
      },
    ])
    const table = await target.run(['silence', 'list', '--cluster', 'prod'])
    expect(table.stdout).toMatch(
      new RegExp(`^ID +ENDS +BY +MATCH +REASON\n${id} +in 2h .*upgrade\n$`),
    )

    const held = deliveryRecord({
      ...{ id: 'held', cluster: 'prod', tries: 0 },
      status: {
        ...{ kind: 'waiting', why: 'rule', reason: 'silenced' },
        ...{ dueAt: Date.now() + 7_200_000, silence: id },
      },
    })
    await target.ports.ledger.writeMany([{ record: held, expected: 'absent' }])
    const expired = await target.run(['silence', 'expire', id, '--cluster', 'prod'])
    expect(expired).toMatchObject({ code: 0, stdout: expect.stringMatching(`^${id} ended at `) })
    const [woken] = await target.ports.ledger.readMany(['held'])
    expect(woken?.value.attempt).toBe(held.attempt + 1)
    // Functions on AWS may know a silence for some seconds more.
    const waitMs = Number(Reflect.get(woken?.value.status ?? {}, 'dueAt')) - Date.now()
    expect(waitMs).toBeLessThanOrEqual(kind === '--stack' ? 6_000 : 0)

    expect(await listed(target)).toEqual([])
    expect(await listed(target, '--all')).toMatchObject([
      { id, active: false, expiry: { ...(by && { by }) } },
    ])
    // A second time changes nothing.
    const again = await target.run(['silence', 'expire', id, '--cluster', 'prod'])
    expect(again.stdout).toBe(expired.stdout)
  })

  it('takes a time at which it ends', async () => {
    const target = await open()
    await configure(target.ports)
    const end = new Date(Date.now() + 3_600_000).toISOString()
    expect(await target.run([...CREATE, '--until', end])).toMatchObject({ code: 0 })
    expect(await listed(target)).toMatchObject([{ endsAt: end }])
  })

  it('is refused for a cluster that has no configuration, and for a condition that does not compile', async () => {
    const target = await open()
    expect(await target.run([...CREATE, '--for', '2h'])).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: expect.stringContaining('the cluster prod has no configuration yet'),
    })
    await configure(target.ports)
    const wrong = [...CREATE.slice(0, -1), 'event.severty ==', '--for', '2h']
    expect(await target.run(wrong)).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: expect.stringContaining('match: '),
    })
    expect(await target.run(['silence', 'list', '--cluster', 'prd'])).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: expect.stringContaining('the cluster prd has no configuration yet'),
    })
    for (const id of ['none', '', '.', '..']) {
      expect(await target.run(['silence', 'expire', id, '--cluster', 'prod'])).toMatchObject({
        ...{ code: 1, stdout: '' },
        stderr: expect.stringContaining('the cluster prod has no silence of this id'),
      })
    }
  })
})

it.concurrent.each([
  ['neither an end nor a length', CREATE, /silence create: give --for or --until/],
  ['both', [...CREATE, '--for', '2h', '--until', '2999-01-01'], /give --for or --until/],
  ['a length without a unit', [...CREATE, '--for', '2'], /--for.*expected a duration such as/],
  ['too long a silence', [...CREATE, '--for', '32d'], /--for.*at most 31d/],
  ['an end that is over', [...CREATE, '--until', '2h'], /--until.*still to come/],
  ['no cluster', ['silence', 'list'], /which cluster\? give --cluster NAME/],
])('flux-relay silence refuses %s', async (_, args, message) => {
  const { stderr, code } = await fluxRelay(args)
  expect(stderr).toMatch(message)
  expect(code).toBe(2)
})

it('flux-relay explain says what is silenced now', async () => {
  const target = await openHttpTarget()
  await configure(target.ports)
  const created = await target.run([...CREATE, '--for', '2h'])
  const file = join(temporaryDirectory(), 'event.json')
  writeFileSync(file, JSON.stringify(exampleEvent('kustomization-finished')))
  const explained = await target.run(['explain', '-e', file, '--cluster', 'prod'])
  expect(explained.stdout).toMatch(/ delivered /)
  expect(explained.stdout).toContain(`not sent now: silenced by ${created.stdout.trim()} until `)
})
