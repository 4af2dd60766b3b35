import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandTargets } from '../support/command-targets.ts'
import { OPERATOR, PROD, startRelay, TOKENS } from '../support/embedded-server.ts'
import { fluxRelay, fluxRelayProcess } from '../support/flux-relay-command.ts'
import { kustomizationEvent } from '../support/relay-manifests.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const one = kustomizationEvent('one', '3f2c9a1')
const two = kustomizationEvent('two', '3f2c9a1')
const bad = { ...one, involvedObject: { kind: 'Kustomization', name: 'x\u001b[2J' } }

function fileOf(content: string): string {
  const file = join(temporaryDirectory(), 'events')
  writeFileSync(file, content)
  return file
}

function send(file: string): readonly string[] {
  return ['send', '-e', file, '--cluster', 'prod']
}

/** Without tokens, a cluster is one that has a configuration. */
const CONFIG = { cluster: 'prod', revision: 'r1', takenAt: 1, manifests: [], objects: [] }

const lines = (...values: readonly object[]) =>
  values.map((value) => JSON.stringify(value)).join('\n')

it('sends with the token of a cluster, and says that --wait needs another one to list', async () => {
  const { ports, server } = await startRelay({ tokens: TOKENS })
  await ports.configs.replace(CONFIG)
  const relay = ['--relay', `http://127.0.0.1:${server.port}`, '--wait', '5s']
  const sent = await fluxRelay([...send(fileOf(lines(one))), ...relay], { token: PROD })
  expect([sent.code, sent.stdout]).toEqual([1, '1 accepted, 0 rejected\n'])
  expect(sent.stderr).toMatch(
    /^flux-relay: --wait: the token that sends lists nothing; with an operator's: flux-relay get deliveries --event [\da-f]{64}\n$/,
  )
})

describe.each(commandTargets())('flux-relay send %s', (_, open) => {
  it('sends NDJSON of a file, and an array', async () => {
    const target = await open()
    await target.ports.configs.replace(CONFIG)
    const ndjson = await target.run(send(fileOf(`${lines(one, one)}\n`)))
    expect(ndjson).toEqual({ code: 0, stdout: '2 accepted, 0 rejected\n', stderr: '' })
    const array = await target.run(send(fileOf(JSON.stringify([two]))))
    expect(array).toEqual({ code: 0, stdout: '1 accepted, 0 rejected\n', stderr: '' })
    const names = (await target.events()).map(({ cluster, event: { involvedObject } }) => [
      cluster,
      involvedObject.name,
    ])
    // The same event twice is queued once.
    expect(names.toSorted()).toEqual([
      ['prod', 'one'],
      ['prod', 'two'],
    ])
  })

  it('says which events are rejected and why, and fails then', async () => {
    const target = await open()
    await target.ports.configs.replace(CONFIG)
    const [some, all] = await Promise.all([
      target.run(send(fileOf(JSON.stringify([one, bad, 7])))),
      target.run(send(fileOf(JSON.stringify(bad)))),
    ])
    expect(some).toMatchObject({ code: 1, stdout: '1 accepted, 2 rejected\n' })
    expect(some.stderr).toMatch(/^event 1: involvedObject\.namespace: .*\nevent 2: .*\n$/)
    expect(all).toMatchObject({ code: 1, stdout: '0 accepted, 1 rejected\n' })
    expect(await target.events()).toHaveLength(1)
  })
})

describe('flux-relay send with tokens', () => {
  it("wants the cluster's token", async () => {
    const { ports, server } = await startRelay({ tokens: TOKENS })
    const args = [...send(fileOf(lines(one))), '--relay', `http://127.0.0.1:${server.port}`]
    const [none, operator, own] = await Promise.all(
      ['', OPERATOR, PROD].map((token) => fluxRelay(args, { token })),
    )
    for (const refused of [none, operator]) {
      expect(refused).toMatchObject({ code: 1, stdout: '' })
      expect(refused?.stderr).toMatch(/^flux-relay: the relay answered 401: /)
    }
    expect(own).toMatchObject({ code: 0 })
    expect(ports.queue.events).toHaveLength(1)
  })
})

describe('flux-relay send', () => {
  it('says what is wrong with the whole', async () => {
    const { ports, server } = await startRelay()
    await ports.configs.replace(CONFIG)
    const run = (file: string) =>
      fluxRelay([...send(file), '--relay', `http://127.0.0.1:${server.port}`])
    const [empty, text, missing] = await Promise.all([
      run(fileOf('')),
      run(fileOf('no event')),
      run('/nosuch/file'),
    ])
    expect(empty).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'flux-relay: the relay answered 400: the body is empty\n',
    })
    expect(text.stderr).toMatch(/^flux-relay: the relay answered 400: the body is not valid JSON/)
    expect(missing.stderr).toMatch(/^flux-relay: -e \/nosuch\/file: ENOENT/)
    expect([text.code, missing.code]).toEqual([1, 1])
    expect(ports.queue.events).toEqual([])
  })

  it('reads stdin', async () => {
    const { ports, server } = await startRelay()
    await ports.configs.replace(CONFIG)
    const args = [...send('-'), '--relay', `http://127.0.0.1:${server.port}`]
    const result = await fluxRelayProcess(args, { input: lines(one, two) })
    expect(result).toEqual({ code: 0, stdout: '2 accepted, 0 rejected\n', stderr: '' })
    expect(ports.queue.events).toHaveLength(2)
  })

  it('says that a file is too large', async () => {
    const { server, ports } = await startRelay()
    await ports.configs.replace(CONFIG)
    const file = fileOf('x'.repeat(20 * 1024 * 1024))
    const { code, stderr } = await fluxRelay([
      ...send(file),
      '--relay',
      `http://127.0.0.1:${server.port}`,
    ])
    expect(stderr).toMatch(/^flux-relay: the relay answered 413: the body is larger than 3 MiB/)
    expect(code).toBe(1)
    expect(ports.queue.events).toEqual([])
  })

  it.each([
    ['no events', ['--wait', '1s'], /which events\? give -e FILE, or --example/],
    ['two sources of them', ['--example', '-e', '-'], /'--example' cannot be used with option '-e/],
    ['a wait without a unit', ['--example', '--wait', '10'], /expected a time such as 10s/],
    ['a wait that never ends', ['--example', '--wait', '11m'], /at most 10m/],
  ])('ends with 2 for %s', async (_, flags, message) => {
    const { code, stdout, stderr } = await fluxRelay(['send', '--cluster', 'prod', ...flags])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
  })

  it('waits for one event only, and not for ever', async () => {
    const { ports, server } = await startRelay()
    await ports.configs.replace(CONFIG)
    const relay = ['--relay', `http://127.0.0.1:${server.port}`, '--wait', '1s']
    const many = await fluxRelay([...send(fileOf(JSON.stringify([one, two]))), ...relay])
    expect(many).toMatchObject({ code: 1, stdout: '' })
    expect(many.stderr).toMatch(/: expected one event, and it has an array of them\n$/)
    // Nothing dispatches here.
    const { timestamp: _, ...timeless } = one
    const single = await fluxRelay([...send(fileOf(JSON.stringify(timeless))), ...relay])
    expect(single).toMatchObject({ code: 1, stdout: '1 accepted, 0 rejected\n' })
    const [queued] = ports.queue.events
    expect(single.stderr).toBe(
      `flux-relay: after 1 s nothing is known of it yet: flux-relay get deliveries --event ${queued?.id} tells more\n`,
    )
    const rejected = await fluxRelay([...send(fileOf(JSON.stringify(bad))), ...relay])
    expect(rejected).toMatchObject({ code: 1, stdout: '0 accepted, 1 rejected\n' })
  })
})
