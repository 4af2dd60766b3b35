import { json } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import type { DeliveryRecord } from '../../relay/model/delivery.ts'
import { stackTargets } from '../support/command-targets.ts'
import { deliveryRecord, type RecordChanges } from '../support/delivery-records.ts'
import { OPERATOR, startRelay, TOKENS } from '../support/embedded-server.ts'
import { fluxRelay, fluxRelayProcess } from '../support/flux-relay-command.ts'
import { START } from '../support/manual-clock.ts'
import { startHttpServer } from '../support/servers.ts'

async function relayWith(records: readonly DeliveryRecord[], changes = {}) {
  const relay = await startRelay(changes)
  await relay.ports.ledger.writeMany(records.map((record) => ({ record, expected: 'absent' })))
  // The records' last try is the first.
  const queued = () =>
    relay.ports.queue.retries
      .filter(({ attempt }) => attempt === 2)
      .map(({ deliveryId }) => deliveryId)
      .sort()
  return { url: `http://127.0.0.1:${relay.server.port}`, queued }
}

const dead = (id: string, changes: RecordChanges = {}) =>
  deliveryRecord({ id, outcome: 'dead', reason: 'HTTP 404', ...changes })

describe('flux-relay replay', () => {
  it('replays the deliveries that are named', async () => {
    const { url, queued } = await relayWith([dead('one'), deliveryRecord({ id: 'two' })])
    const { stdout, code } = await fluxRelay(['replay', 'one', 'two', '--relay', url])
    expect(stdout).toBe('one queued\ntwo queued\n2 queued, 0 refused\n')
    expect(code).toBe(0)
    expect(queued()).toEqual(['one', 'two'])
  })

  it('replays a delivery once that is named several times', async () => {
    const { url, queued } = await relayWith([dead('one'), dead('two')])
    const ids = ['one', 'two', 'on', 'one', 'nosuch', 'nosuch']
    const { stdout } = await fluxRelay(['replay', ...ids, '--relay', url])
    expect(stdout).toBe(
      'one queued\ntwo queued\nnosuch there is no delivery nosuch\n2 queued, 1 refused\n',
    )
    expect(queued()).toEqual(['one', 'two'])
  })

  it('says how far it came when nobody reads its output any more', async () => {
    const { url } = await relayWith(Array.from({ length: 400 }, (_, i) => dead(`many-${i}`)))
    const args = ['replay', '--dead', '--yes', '--relay', url]
    const { code, stderr } = await fluxRelayProcess(args, { readsNothing: true })
    expect(stderr).toMatch(/^\d+ queued, 0 refused, \d+ left\n$/)
    expect(code).toBe(1)
  })

  it('replays all dead ones that the options select, and no other', async () => {
    const provider = { namespace: 'apps', name: 'slack', uid: 'u', type: 'slack' }
    const records = [
      dead('here', { provider, acceptedAt: START - 60_000 }),
      dead('old', { provider, acceptedAt: START - 2 * 3_600_000 }),
      dead('elsewhere'),
      deliveryRecord({ id: 'delivered', provider }),
      ...Array.from({ length: 450 }, (_, i) => dead(`many-${i}`, { provider })),
    ]
    const { url, queued } = await relayWith(records)
    const selection = ['--dead', '--provider', 'apps/slack', '--since', '1h', '--relay', url]
    const { stdout, code } = await fluxRelay(['replay', ...selection, '--yes'])
    expect(stdout).toContain('451 queued, 0 refused')
    expect(code).toBe(0)
    expect(queued()).toHaveLength(451)
    expect(queued()).toContain('here')
    expect(queued()).not.toContain('old')
  })

  it('replays the oldest first, and before what was told in a message what sends it', async () => {
    const at = (ago: number, changes: RecordChanges = {}) => ({
      acceptedAt: START - ago,
      ...changes,
    })
    const { url } = await relayWith([
      dead('before', at(4)),
      dead('member', at(3, { toldIn: 'leader' })),
      dead('leader', at(2, { toldIn: 'leader' })),
      dead('other', at(1, { toldIn: 'leader' })),
    ])
    const run = (...args: readonly string[]) => fluxRelay(['replay', ...args, '--relay', url])
    const named = await run('other', 'member', 'leader')
    expect(named.stdout).toMatch(/^leader queued\nother queued\nmember queued\n/)
    const { url: fresh } = await relayWith([
      dead('before', at(4)),
      dead('member', at(3, { toldIn: 'leader' })),
      dead('leader', at(2, { toldIn: 'leader' })),
      dead('other', at(1, { toldIn: 'leader' })),
    ])
    const { stdout } = await fluxRelay(['replay', '--dead', '--relay', fresh])
    expect(stdout).toMatch(/^before queued\nleader queued\nmember queued\nother queued\n/)
  })

  it('sends many only when it is told to, and tells before which they are', async () => {
    const { url, queued } = await relayWith([
      ...Array.from({ length: 11 }, (_, i) => dead(`many-${i}`)),
      deliveryRecord({ id: 'delivered' }),
    ])
    const run = (...args: readonly string[]) => fluxRelay(['replay', ...args, '--relay', url])
    const told = await run('--dead', '--dry-run')
    expect(told.stdout.split('\n').filter((line) => line.startsWith('many-'))).toHaveLength(11)
    expect([told.code, told.stderr]).toEqual([0, '11 would be sent again; nothing was sent\n'])
    const named = await run('delivered', 'nosuch', '--dry-run')
    expect(named).toMatchObject({ code: 1, stdout: expect.stringMatching(/^delivered /m) })
    expect(named.stderr).toContain('nosuch there is no delivery nosuch\n1 would be sent again')
    // The tests have no terminal.
    const unasked = await run('--dead')
    expect(unasked).toMatchObject({ code: 2, stdout: '' })
    expect(unasked.stderr).toContain('11 deliveries would be sent again: give --yes, or --dry-run')
    expect(queued()).toEqual([])
    const ten = await run('--dead', '--provider', 'flux-system/none')
    expect(ten).toMatchObject({ code: 0, stdout: '0 queued, 0 refused\n' })
    const all = await run('--dead', '--yes')
    expect(all.stdout).toContain('11 queued, 0 refused\n')
    expect(queued()).toHaveLength(11)
  })

  it('tells which cannot be read, and counts them as nothing that would be sent', async () => {
    const { server, ports } = await startRelay()
    const about = { cluster: 'prod', object: 'Kustomization/apps/shop', acceptedAt: START }
    const lost = { kind: 'unreadable', id: 'lost', ...about, outcome: 'dead' } as const
    const reason = 'the record is damaged'
    ports.ledger.list = async () => ({ records: [dead('one'), { ...lost, reason }] })
    const place = ['--relay', `http://127.0.0.1:${server.port}`]
    const told = await fluxRelay(['replay', '--dead', '--dry-run', ...place])
    expect(told.stdout).toMatch(/^one /m)
    expect(told.stdout).not.toContain('lost')
    expect([told.code, told.stderr]).toEqual([
      1,
      'lost the record is damaged\n1 would be sent again; nothing was sent\n',
    ])
  })

  it('takes the beginning of an id, when only one has it', async () => {
    const ids = [...Array.from({ length: 12 }, (_, i) => `3f2c${i.toString(16)}aa0d94b17e`), '9e1b']
    const { url, queued } = await relayWith(ids.map((id) => dead(id)))
    const run = (...args: readonly string[]) => fluxRelay(['replay', ...args, '--relay', url])
    const several = await run('9', '3f2c')
    expect(several).toMatchObject({ code: 1, stdout: '' })
    const named = /^flux-relay: 3f2c is the beginning of several ids: (.*) and more\n$/
    expect(named.exec(several.stderr)?.[1]?.split(', ')).toHaveLength(10)
    expect(queued()).toEqual([])
    expect((await run('9', '3f2cb')).stdout).toBe(
      '9e1b queued\n3f2cbaa0d94b17e queued\n2 queued, 0 refused\n',
    )
    expect((await run('9', '--cluster', 'prod')).stdout).toMatch(
      /^9 there is no delivery 9 of prod\n/,
    )
  })

  it('says what is refused, and fails then', async () => {
    const { url } = await relayWith([dead('one')])
    const { stdout, code } = await fluxRelay(['replay', 'one', 'nosuch', '--relay', url])
    expect(stdout).toMatch(
      /^one queued\nnosuch there is no delivery nosuch\n1 queued, 1 refused\n$/,
    )
    expect(code).toBe(1)
  })

  it('sends the operator token of the environment', async () => {
    const { url, queued } = await relayWith([dead('one')], { tokens: TOKENS })
    const refused = await fluxRelay(['replay', 'one', '--relay', url], { token: 'wrong-token' })
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^flux-relay: the relay answered 401: /)
    expect(refused.stderr).not.toContain('wrong-token')
    const replayed = await fluxRelay(['replay', 'one', '--relay', url], { token: OPERATOR })
    expect(replayed).toMatchObject({ code: 0 })
    expect(queued()).toEqual(['one'])
  })

  it.concurrent.each([
    ['neither ids nor --dead', [], /name deliveries, or give --dead/],
    ['both', ['one', '--dead'], /name deliveries, or give --dead/],
    ['a filter without --dead', ['one', '--since', '1h'], /--since goes with --dead/],
    [
      'a relay that is no URL',
      ['one', '--relay', 'here'],
      /the relay's address here: expected a URL/,
    ],
    ['an unknown option', ['one', '--all'], /unknown option '--all'/],
  ])('refuses %s', async (_, args, message) => {
    const { stderr, code } = await fluxRelay(['replay', ...args])
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })

  it('says how far it came when the relay goes away, or refuses the rest', async () => {
    const records = Array.from({ length: 12 }, (_, i) => dead(`many-${i}`))
    const relay = await startRelay()
    relay.ports.ledger.put(...records)
    let asked = 0
    const { ledger } = relay.ports
    const write = ledger.writeMany.bind(ledger)
    ledger.writeMany = async (writes) => {
      asked += 1
      if (asked > 4) throw new Error('the disk is gone')
      return write(writes)
    }
    const url = `http://127.0.0.1:${relay.server.port}`
    const { stdout, stderr, code } = await fluxRelay(['replay', '--dead', '--yes', '--relay', url])
    expect(stdout).toMatch(/^(?:many-\d+ queued\n){4}4 queued, 0 refused, 8 left\n$/)
    expect(stderr).toMatch(/^flux-relay: the relay answered 50\d/)
    expect(code).toBe(1)
  })

  it('says when there is no relay', async () => {
    const { stderr, code } = await fluxRelay(['replay', 'one', '--relay', 'http://127.0.0.1:9'])
    expect(stderr).toMatch(/^flux-relay: cannot reach the relay at http:\/\/127\.0\.0\.1:9: /)
    expect(code).toBe(1)
  })
})

describe('flux-relay replay --stack', () => {
  const { open } = stackTargets()

  it('replays those that are named, and all dead ones of a cluster', async () => {
    const target = await open()
    const records = [
      dead('one', { cluster: 'prod' }),
      dead('two', { cluster: 'prod' }),
      dead('elsewhere', { cluster: 'staging' }),
      deliveryRecord({ id: 'delivered', cluster: 'prod' }),
    ]
    await target.ports.ledger.writeMany(records.map((record) => ({ record, expected: 'absent' })))
    const named = await target.run(['replay', 'delivered', 'nosuch'])
    expect(named.stdout).toMatch(
      /^delivered queued\nnosuch there is no delivery nosuch; with --cluster the .*\n1 queued/,
    )
    expect(named.code).toBe(1)
    const short = await target.run(['replay', 'on', '--cluster', 'prod', '--dry-run'])
    expect(short).toMatchObject({ code: 0, stdout: expect.stringMatching(/^one /m) })
    const elsewhere = await target.run(['replay', 'els', '--cluster', 'prod'])
    expect(elsewhere.stdout).toMatch(/^els there is no delivery els of prod\n/)
    const [replayed] = await target.ports.ledger.readMany(['delivered'])
    expect(replayed?.value.replayedBy).toMatchObject([{ by: 'arn:aws:iam::000000000000:root' }])
    const all = await target.run(['replay', '--dead', '--cluster', 'prod'])
    expect(all).toMatchObject({ code: 0, stdout: expect.stringMatching(/2 queued, 0 refused\n$/) })
    const retries = await target.retries()
    // The guards of replays that might be lost are due later.
    expect(retries.map(({ deliveryId, attempt }) => [deliveryId, attempt]).toSorted()).toEqual([
      ['delivered', 2],
      ['one', 2],
      ['two', 2],
    ])
  })

  it('replays all the same when STS does not tell who asks, and says so', async () => {
    const { ports, run, env } = await open()
    const record = dead('one', { cluster: 'prod' })
    await ports.ledger.writeMany([{ record, expected: 'absent' }])
    // It knows no such action.
    const AWS_ENDPOINT_URL_STS = String(env.AWS_ENDPOINT_URL_CLOUDFORMATION)
    const replayed = await run(['replay', 'one'], { env: { AWS_ENDPOINT_URL_STS } })
    expect(replayed).toMatchObject({ code: 0, stdout: 'one queued\n1 queued, 0 refused\n' })
    expect(replayed.stderr).toMatch(
      /^no record will tell who asked: STS does not say .*InvalidAction/,
    )
    const [stored] = await ports.ledger.readMany(['one'])
    expect(stored?.value).not.toHaveProperty('replayedBy')
  })

  it('counts what both dead-letter queues hold, and puts it back', async () => {
    const { env, stack, cloudFormation } = await open()
    const sqs = await startSqsWithDeadLetters()
    const [EventsQueueUrl, RetriesQueueUrl] = [`${sqs.url}/0/events.fifo`, `${sqs.url}/0/retries`]
    const outputs = { ...cloudFormation.stacks.get(stack), EventsQueueUrl, RetriesQueueUrl }
    cloudFormation.stacks.set(stack, outputs)
    const replayQueues = (...flags: readonly string[]) =>
      fluxRelay(['replay', '--queue', '--stack', stack, ...flags], {
        env: { ...env, AWS_ENDPOINT_URL_SQS: sqs.url },
      })

    const arns = ['arn:aws:sqs:eu-central-1:0:events-dead.fifo', 'arn:aws:sqs:eu-central-1:0:dead']
    sqs.deadLetterArns.set(EventsQueueUrl, arns[0] ?? '')
    const none = await replayQueues()
    expect(none).toMatchObject({ code: 1, stdout: '' })
    expect(none.stderr).toContain(`AWS: Error: ${RetriesQueueUrl} has no dead-letter queue\n`)
    expect(sqs.moved).toEqual([])

    sqs.deadLetterArns.set(RetriesQueueUrl, arns[1] ?? '')
    sqs.counts.set(`${sqs.url}/0/events-dead.fifo`, 3)
    const counted = await replayQueues('--dry-run')
    expect(counted.stdout).toBe(`${arns[0]} holds 3\n${arns[1]} holds 0\n`)
    expect(counted).toMatchObject({ code: 0, stderr: '' })
    expect(sqs.moved).toEqual([])

    const both = await replayQueues()
    expect(both.stdout).toBe(arns.map((arn) => `${arn} is being moved back\n`).join(''))
    expect(both).toMatchObject({ code: 0, stderr: '' })
    // Without its destination SQS moves nothing that dispatch has sent there.
    expect(sqs.moved).toEqual([
      { SourceArn: arns[0], DestinationArn: 'arn:aws:sqs:eu-central-1:0:events.fifo' },
      { SourceArn: arns[1], DestinationArn: 'arn:aws:sqs:eu-central-1:0:retries' },
    ])
  })
})

/**
 * SQS with two operations that the emulator lacks, or whose queues here have no redrive policy:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
async function startSqsWithDeadLetters() {
  /** By the URL of the queue whose dead letters they hold. */
  const deadLetterArns = new Map<string, string>()
  /** By the URL of a dead-letter queue. */
  const counts = new Map<string, number>()
  const moved: unknown[] = []
  const operations: Readonly<Record<string, (input: Readonly<Record<string, unknown>>) => object>> =
    {
      'AmazonSQS.GetQueueAttributes'({ QueueUrl }) {
        const count = counts.get(String(QueueUrl))
        if (count !== undefined) return { Attributes: { ApproximateNumberOfMessages: `${count}` } }
        const deadLetterTargetArn = deadLetterArns.get(String(QueueUrl))
        if (deadLetterTargetArn === undefined) return {}
        const policy = { deadLetterTargetArn, maxReceiveCount: 1_000 }
        const QueueArn = `arn:aws:sqs:eu-central-1:0:${String(QueueUrl).split('/').at(-1)}`
        return { Attributes: { RedrivePolicy: JSON.stringify(policy), QueueArn } }
      },
      'AmazonSQS.StartMessageMoveTask'(task) {
        moved.push(task)
        return { TaskHandle: 'handle' }
      },
    }
  const { port } = await startHttpServer(async (request, response) => {
    const operation = operations[String(request.headers['x-amz-target'])]
    const input = (await json(request)) as Readonly<Record<string, unknown>>
    response.writeHead(operation ? 200 : 400, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify(operation?.(input) ?? { __type: 'InvalidAction' }))
  })
  return { deadLetterArns, counts, moved, url: `http://127.0.0.1:${port}` }
}
