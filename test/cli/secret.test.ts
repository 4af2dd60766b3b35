import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DeleteSecretCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { reconcile } from '../../relay/pipeline/reconcile.ts'
import { commandTargets, stackTargets } from '../support/command-targets.ts'
import { acceptedEvent } from '../support/delivery-records.ts'
import { OPERATOR, PROD, startRelay, TOKENS } from '../support/embedded-server.ts'
import { pollOnce } from '../support/event-source-mapping.ts'
import { type CommandResult, fluxRelay } from '../support/flux-relay-command.ts'
import { alertObject, providerObject } from '../support/notification-objects.ts'
import { startSink } from '../support/recording-sink.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { waitFor } from '../support/wait-for.ts'

/** In every value here, and so never in what a command says. */
const CANARY = 'hunter2'

function put(name: string, ...args: readonly string[]): readonly string[] {
  return ['secret', 'put', name, '--cluster', 'prod', ...args]
}

function fileOf(name: string, content: string | Uint8Array): string {
  const file = join(temporaryDirectory(), name)
  writeFileSync(file, content)
  return file
}

function expectNoValue(...results: readonly CommandResult[]): void {
  for (const { stdout, stderr } of results) expect(stdout + stderr).not.toContain(CANARY)
}

const httpTarget = async () => {
  const { ports, server } = await startRelay()
  return { ports, relay: ['--relay', `http://127.0.0.1:${server.port}`] }
}

describe.each(commandTargets())('flux-relay secret put %s', (_, open) => {
  it('stores literals and files as they are, and shows keys only', async () => {
    const target = await open()
    const args = [
      ...['--from-literal', `address=https://hooks.example/?a=${CANARY}==`],
      ...['--from-literal=empty='],
      ...['--from-literal', `dash=-${CANARY}`],
      ...['--from-file', fileOf('ca.crt', `${CANARY} \u{1F511}\r\n`)],
      ...[`--from-file=key.pem=${fileOf('a=b', `\n${CANARY}`)}`],
    ]
    const result = await target.run(put('flux-system/slack', ...args))
    expect(result).toEqual({
      code: 0,
      stdout: 'Secret/flux-system/slack of prod: address, empty, dash, ca.crt, key.pem\n',
      stderr: '',
    })
    const stored = await target.ports.secrets.read('prod', 'flux-system', 'slack', { fresh: true })
    expect(stored?.data).toEqual({
      address: `https://hooks.example/?a=${CANARY}==`,
      empty: '',
      dash: `-${CANARY}`,
      'ca.crt': `${CANARY} \u{1F511}\r\n`,
      'key.pem': `\n${CANARY}`,
    })
  })

  it('shows at once what it makes ready', async () => {
    const target = await open()
    const { configs, secrets } = target.ports
    const objects = [
      providerObject('slack', { address: '', secretRef: { name: 'slack' } }),
      alertObject('all'),
    ]
    await configs.replace(await reconcile('prod', objects, Date.now(), secrets))
    const readiness = async () => {
      const stored = await configs.read('prod')
      return typeof stored === 'object' && stored.objects.map(({ ready }) => ready)
    }
    expect(await readiness()).toEqual([false, false])
    const address = `--from-literal=address=https://hooks.example/${CANARY}`
    expect(await target.run(put('flux-system/slack', address))).toMatchObject({
      code: 0,
      stderr: '',
    })
    await waitFor(async () => expect(await readiness()).toEqual([true, true]))
  })

  it('replaces the whole of what was there', async () => {
    const target = await open()
    await target.setSecret('prod', 'slack', { address: 'old', more: 'old' })
    const result = await target.run(put('flux-system/slack', `--from-literal=token=${CANARY}`))
    expect(result.code).toBe(0)
    expect(
      await target.ports.secrets.read('prod', 'flux-system', 'slack', { fresh: true }),
    ).toMatchObject({ data: { token: CANARY } })
    expectNoValue(result)
  })

  it('stores nothing that the relay refuses', async () => {
    const target = await open()
    const [badKey, tooLarge] = await Promise.all([
      target.run(put('flux-system/slack', `--from-literal=a ${CANARY}=${CANARY}`)),
      target.run(
        put('flux-system/slack', '--from-file', fileOf('large', CANARY.repeat(128 * 1024))),
      ),
    ])
    expect(badKey.stderr).toBe(
      'flux-relay: the relay answered 400: each key must consist of letters, digits, -, _ and .\n',
    )
    expect(tooLarge.stderr).toMatch(
      /^flux-relay: the relay answered 413: the body is larger than 64 KiB/,
    )
    expect([badKey.code, tooLarge.code]).toEqual([1, 1])
    expect(await target.ports.secrets.read('prod', 'flux-system', 'slack')).toBeUndefined()
    expectNoValue(badKey, tooLarge)
  })
})

describe('flux-relay secret put', () => {
  const literal = `--from-literal=token=${CANARY}`

  it.concurrent.each([
    ['no key and value', put('apps/slack'), /give --from-literal or --from-file/],
    ['a literal without =', put('apps/slack', '--from-literal', CANARY), /expected KEY=VALUE/],
    ['a literal without a key', put('a/b', `--from-literal==${CANARY}`), /expected KEY=VALUE/],
    ['a file without a key', put('a/b', `--from-file==${CANARY}`), /expected \[KEY=\]FILE/],
    ['a key twice', put('apps/slack', literal, '--from-literal=token=x'), /a key is given twice/],
    ['a value for a name', put(`token=${CANARY}`, literal), /expected the Secret as NAMESPACE\/N/],
    ['three names', put('a/b/c', literal), /expected the Secret as NAMESPACE\/NAME/],
    ['a path', put('../config', literal), /expected the Secret as NAMESPACE\/NAME/],
    ['a value beside', put('a/b', '--from-literal=a=b', CANARY), /Expected 1 argument but got 2\./],
    ['a misspelt option', put('a/b', `--from-litral=a=${CANARY}`), /unknown option '--from-litral/],
    ['a value like an option', put('a/b', literal, `-${CANARY}`), /unknown option '…'/],
    ['no cluster', ['secret', 'put', 'a/b', literal], /^flux-relay: which cluster\?/],
  ])('refuses %s, and shows no value', async (_, args, message) => {
    const result = await fluxRelay(args)
    expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
    expectNoValue(result)
  })

  it('names a file that is not there, or no text', async () => {
    const { ports, relay } = await httpTarget()
    const binary = fileOf('key.bin', Buffer.from([0xff, 0xfe, ...Buffer.from(CANARY)]))
    const [missing, notText] = await Promise.all([
      fluxRelay([...put('a/b', '--from-file=/nosuch/file'), ...relay]),
      fluxRelay([...put('a/b', '--from-file', binary), ...relay]),
    ])
    expect(missing.stderr).toMatch(/^flux-relay: --from-file \/nosuch\/file: ENOENT/)
    expect(notText.stderr).toMatch(/^flux-relay: --from-file .*key\.bin: .*utf-8/)
    expect([missing.code, notText.code]).toEqual([1, 1])
    expect(await ports.secrets.read('prod', 'a', 'b')).toBeUndefined()
    expectNoValue(missing, notText)
  })

  it("wants the cluster's own token, and a cluster that is not the manifests folder's", async () => {
    const { ports, server } = await startRelay({ tokens: TOKENS })
    const relay = ['--relay', `http://127.0.0.1:${server.port}`]
    const args = [...put('a/b', literal), ...relay]
    const [none, operator, own] = await Promise.all(
      ['', OPERATOR, PROD].map((token) => fluxRelay(args, { token })),
    )
    for (const refused of [none, operator]) {
      expect(refused?.stderr).toMatch(/^flux-relay: the relay answered 401: .* cluster prod; /)
      expect(refused?.code).toBe(1)
    }
    expect(own?.code).toBe(0)
    expect(await ports.secrets.read('prod', 'a', 'b')).toMatchObject({ data: { token: CANARY } })
    const { relay: open } = await httpTarget()
    const local = await fluxRelay(['secret', 'put', 'a/b', '--cluster', 'local', literal, ...open])
    expect(local.stderr).toMatch(/409: the manifests folder owns the Secrets of local; add a man/)
    expect(local.code).toBe(1)
  })
})

describe('flux-relay secret put --stack', () => {
  const { open } = stackTargets()

  it('sends at once what has just missed the Secret', async () => {
    const { relay, run } = await open()
    const { ports, clients, environment } = relay
    const sink = await startSink({ 'POST /hook': { status: 200 } })
    const objects = [
      providerObject('slack', { address: '', secretRef: { name: 'slack' } }),
      alertObject('all'),
    ]
    await ports.configs.replace(await reconcile('prod', objects, Date.now(), ports.secrets))
    await ports.queue.send([acceptedEvent({ cluster: 'prod', acceptedAt: Date.now() })])
    await pollOnce(clients.sqs, environment.eventsQueueUrl, relay.dispatch)
    const address = `--from-literal=address=${sink.url}/hook`
    expect(await run(put('flux-system/slack', address))).toMatchObject({ code: 0, stderr: '' })
    // The command goes by the time of this machine.
    relay.time.offsetMs += Date.now() - ports.clock.now()
    await pollOnce(clients.sqs, environment.retriesQueueUrl, relay.dispatch)
    await pollOnce(clients.sqs, environment.retriesQueueUrl, relay.dispatch)
    expect(sink.requests).toHaveLength(1)
  })

  it('says what to do about a Secret that is scheduled for deletion', async () => {
    const target = await open()
    const { relay, run } = target
    await run(put('flux-system/other', `--from-literal=token=${CANARY}`))
    const SecretId = `${relay.environment.secretPrefix}/secrets/prod`
    await relay.clients.secretsManager.send(new DeleteSecretCommand({ SecretId }))
    const result = await run(put('flux-system/slack', `--from-literal=token=${CANARY}`))
    expect(result.stderr).toContain(`flux-relay: AWS: SecretDeleted: ${SecretId} is scheduled for`)
    expect(result.stderr).toContain(`aws secretsmanager restore-secret --secret-id ${SecretId}`)
    expect(result.code).toBe(1)
    expectNoValue(result)
  })
})
