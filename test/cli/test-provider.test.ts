import { describe, expect, it } from 'vitest'
import { runQueuedTest } from '../../cli/relay/queued-test.ts'
import { createDispatcher } from '../../relay/pipeline/dispatch.ts'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { stackTargets } from '../support/command-targets.ts'
import { SHA1 } from '../support/commit-events.ts'
import { deliveryRecord } from '../support/delivery-records.ts'
import { startRelay } from '../support/embedded-server.ts'
import { pollOnce } from '../support/event-source-mapping.ts'
import { type CommandResult, fluxRelay } from '../support/flux-relay-command.ts'
import { testClient } from '../support/http-client.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { type SinkAnswers, startSink } from '../support/recording-sink.ts'
import { provider } from '../support/relay-harness.ts'

const RULES = { noCrossNamespaceRefs: false, rateLimitIntervalMs: 0 } as const

/** How a relay of either kind is asked for a test, and what leads to it. */
interface Target {
  /** Runs a command to its end, while the relay works. */
  run(args: readonly string[]): Promise<CommandResult>
}

const { open: openStack } = stackTargets()

const providersOf = (url: string) => [
  provider('hook', { type: 'generic', address: `${url}/hook` }),
  {
    ...provider('github', {
      type: 'github',
      address: `${url}/owner/repository`,
      secretRef: { name: 'github' },
    }),
    metadata: { name: 'github', namespace: 'apps', uid: '5b1d0c5e-0000-4000-8000-000000000000' },
  },
]

async function openHttp(url: string): Promise<Target> {
  const ports = { ...memoryPorts(), http: testClient() }
  const { dispatchTest: runTest } = createDispatcher(ports, RULES)
  const { server } = await startRelay({ ports, runTest })
  ports.clock.set(Date.now())
  await ports.configs.replace(await reconcile('prod', providersOf(url), 0, ports.secrets))
  const relay = ['--relay', `http://127.0.0.1:${server.port}`]
  return { run: (args) => fluxRelay([...args, ...relay]) }
}

/** Dispatch takes from the queue while the command waits for what comes of it. */
async function openAws(url: string): Promise<Target> {
  const { relay, ports, run } = await openStack()
  await ports.configs.replace(await reconcile('prod', providersOf(url), 0, ports.secrets))
  // The command goes by the time of this machine, which is ahead of that of the functions.
  relay.time.offsetMs = 3_600_000
  return {
    async run(args) {
      const state = { isOver: false }
      const result = run(args).finally(() => {
        state.isOver = true
      })
      while (!state.isOver) {
        await pollOnce(relay.clients.sqs, relay.environment.retriesQueueUrl, relay.dispatch)
        await Promise.race([result, new Promise((resolve) => setTimeout(resolve, 50))])
      }
      // Nothing counts it as a delivery.
      expect(relay.decisions).toEqual([])
      return result
    },
  }
}

describe.each([
  ['--relay', openHttp],
  ['--stack', openAws],
] as const)('flux-relay test provider %s', (kind, open) => {
  const started = async (answers: SinkAnswers) => {
    const sink = await startSink(answers)
    return { sink, target: await open(sink.url) }
  }
  const test = (...args: readonly string[]) => [
    ...['test', 'provider', ...args],
    ...['--cluster', 'prod'],
  ]

  it('shows what the service said, and exits with 0 once it is delivered', async () => {
    const { sink, target } = await started({ 'POST /hook': { status: 200, body: 'welcome' } })
    const result = await target.run(test('hook', '--message', 'Hello', '--severity', 'error'))
    expect(result.stderr).toBe('')
    expect(result.stdout).toMatch(
      /^Provider: +flux-system\/hook \(generic\)\nOutcome: +delivered\nWhy: +HTTP 200\nStatus: +200\nTook: +\d+ ms\nDelivery: +[0-9a-f]{64}\n\nAnswer:\n {2}welcome\n$/,
    )
    expect(result.code).toBe(0)
    expect(sink.requests.map(({ body }) => JSON.parse(body))).toMatchObject([
      { message: 'Hello', severity: 'error', reason: 'ProviderTest' },
    ])
  })

  it('exits with 1 when it has failed; lists show it as a test, and nothing sends it again', async () => {
    const { sink, target } = await started({ 'POST /hook': { status: 503, body: 'go away' } })
    const failed = await target.run(test('hook', '-o', 'json'))
    expect([failed.code, failed.stderr]).toEqual([1, ''])
    const { id, test: by } = JSON.parse(failed.stdout)
    expect(by).toEqual(kind === '--stack' ? { by: 'arn:aws:iam::000000000000:root' } : {})
    const listed = await target.run(['get', 'deliveries', '--cluster', 'prod'])
    expect(listed.stdout).toMatch(
      /Provider\/flux-system\/hook +info +ProviderTest +\(test\) +hook +failed/,
    )
    const dead = await target.run(['replay', '--dead', '--cluster', 'prod'])
    expect(dead.stdout).toBe('0 queued, 0 refused\n')
    const replayed = await target.run(['replay', id])
    expect([replayed.code, replayed.stdout]).toEqual([1, expect.stringContaining('was a test')])
    const dismissed = await target.run(['dismiss', id])
    expect(dismissed.stdout).toContain('the outcome of this one is failed')
    const described = await target.run(['describe', 'delivery', id])
    expect(described.stdout).toMatch(/\nTest: +of the Provider, for (somebody|arn:aws:.*)\n/)
    expect(sink.requests).toHaveLength(1)
  })

  it('says what a type needs, and which Secret is missing', async () => {
    const { sink, target } = await started({})
    const args = test('github', '-n', 'apps')
    const bare = await target.run(args)
    expect([bare.code, bare.stdout]).toEqual([1, ''])
    expect(bare.stderr).toContain('a test of the type github needs a commit (--commit)')
    expect(await target.run(test('apps/github'))).toEqual(bare)
    const secretless = await target.run([...args, '--commit', SHA1])
    expect(secretless.code).toBe(1)
    expect(secretless.stdout).toContain('Secret apps/github is not known to the relay')
    const none = await target.run(test('nosuch'))
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringContaining('the cluster prod has no Provider flux-system/nosuch'),
    ])
    expect(sink.requests).toEqual([])
  })
})

describe('flux-relay test provider', () => {
  it('says that the relay has not come to it when it waits still', async () => {
    const runTest = async () => deliveryRecord({ id: 'late', outcome: 'retry', test: {} })
    const { server, ports } = await startRelay({ runTest })
    const set = await reconcile('local', providersOf('http://127.0.0.1'), 0, ports.secrets)
    await ports.configs.replace(set)
    const relay = `http://127.0.0.1:${server.port}`
    const { code, stdout, stderr } = await fluxRelay(['test', 'provider', 'hook', '--relay', relay])
    expect([code, stdout]).toEqual([1, expect.stringMatching(/\nOutcome: +retry\n/)])
    expect(stderr).toMatch(
      /has not come to the test of .* flux-relay describe delivery late shows it/,
    )
  })

  it('gives up waiting after a while on AWS, and leaves the test queued', async () => {
    const ports = memoryPorts()
    // Each look at it is later than the longest wait.
    const times = { elapsed: 0 }
    const clock = { now: () => 7, random: () => 0, elapsed: () => (times.elapsed += 80_000) }
    const { status: _, ...record } = deliveryRecord({ id: 'queued', test: {} })
    const pending = { ...record, status: { kind: 'pending' } } as const
    const waiting = await runQueuedTest({ ...ports, clock }, pending)
    expect(waiting.status).toMatchObject({ kind: 'waiting', dueAt: 7 })
    expect(ports.queue.retries).toMatchObject([{ deliveryId: 'queued', attempt: 1, dueAt: 7 }])
    expect(await ports.ledger.readMany(['queued'])).toMatchObject([{ value: waiting }])
  })

  it.each([
    ['no name', [], /missing required argument 'name'/],
    ['another severity', ['hook', '--severity', 'warn'], /--severity/],
    ['a short hash', ['github', '--commit', '9e2f4c1'], /--commit .*the whole hash of a commit/],
    ['a change request that is none', ['gh', '--change-request', '0'], /--change-request/],
    ['a stack without a cluster', ['hook', '--stack', 'relay'], /with --stack give --cluster too/],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr } = await fluxRelay(['test', 'provider', ...args])
    expect(stderr).toMatch(message)
    expect(code).toBe(2)
  })
})
