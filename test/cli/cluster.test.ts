import { createHmac } from 'node:crypto'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tokensId } from '../../adapters/aws/secret-ids.ts'
import { loadTokens } from '../../hosts/embedded/tokens.ts'
import { tokenHash } from '../../relay/api/credentials.ts'
import { putSecret } from '../support/aws-secrets.ts'
import { type StackTarget, stackTargets } from '../support/command-targets.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { kustomizationEvent } from '../support/relay-manifests.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const { open } = stackTargets()

/** 32 bytes in base64url, behind the prefix by which leaked tokens are found. */
const TOKEN_LINE = /^frt_[A-Za-z0-9_-]{43}\n$/

/** What is kept of the tokens: their hashes, the newest first. */
async function tokensOf({ relay }: StackTarget) {
  return (await relay.ports.tokens.readHashes('prod'))?.hashes
}

function hashed(...tokens: readonly string[]) {
  return tokens.map(tokenHash)
}

/** What Secrets Manager has of the cluster. */
function keysOf({ relay }: StackTarget) {
  return relay.ports.signingKeys.read('prod', { fresh: true })
}

/** The status that the relay's function answers to events that are signed by this token. */
async function signedStatusFor({ relay }: StackTarget, token: string) {
  const body = JSON.stringify(kustomizationEvent('podinfo', '3f2c9a1'))
  const hex = createHmac('sha256', token).update(body).digest('hex')
  const request = { method: 'POST', resource: 'events', cluster: 'prod', body } as const
  const headers = { 'x-signature': `sha256=${hex}` }
  return (await relay.ingest(httpApiEvent({ ...request, headers }))).statusCode
}

/** The status that the relay's function answers to events of prod with this token. */
async function statusFor({ relay }: StackTarget, token: string) {
  const answer = await relay.ingest(
    httpApiEvent({
      method: 'POST',
      resource: 'events',
      cluster: 'prod',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(kustomizationEvent('podinfo', '3f2c9a1')),
    }),
  )
  return typeof answer === 'object' ? answer.statusCode : answer
}

describe('flux-relay cluster', () => {
  it('creates a cluster once, and prints a token that works', async () => {
    const target = await open()
    const created = await target.run(['cluster', 'create', 'prod'])
    expect(created).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(TOKEN_LINE),
    })
    const token = created.stdout.trim()
    expect(await tokensOf(target)).toEqual(hashed(token))
    expect(await keysOf(target)).toBeUndefined()
    expect(await statusFor(target, token)).toBe(202)
    expect(await signedStatusFor(target, token)).toBe(401)

    const again = await target.run(['cluster', 'create', 'prod'])
    expect(again).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'flux-relay: the cluster prod exists already; flux-relay cluster rotate prod makes a new token\n',
    })
    expect(await tokensOf(target)).toEqual(hashed(token))

    const second = (await target.run(['cluster', 'rotate', 'prod'])).stdout.trim()
    expect(await tokensOf(target)).toEqual(hashed(second, token))
    await target.run(['cluster', 'rotate', 'prod', '--revoke-old'])
    expect(await tokensOf(target)).toEqual(hashed(second))
    expect(await keysOf(target)).toBeUndefined()
  })

  it('keeps keys of signatures only for a cluster that is made with --hmac', async () => {
    const target = await open()
    const first = (await target.run(['cluster', 'create', 'prod', '--hmac'])).stdout.trim()
    expect(await keysOf(target)).toEqual([first])
    expect([await statusFor(target, first), await signedStatusFor(target, first)]).toEqual([
      202, 202,
    ])
    expect(await target.run(['cluster', 'create', 'prod'])).toMatchObject({ code: 1 })
    const second = (await target.run(['cluster', 'rotate', 'prod'])).stdout.trim()
    expect(await keysOf(target)).toEqual([second, first])
    expect(await tokensOf(target)).toEqual(hashed(second, first))
    expect(await statusFor(target, second)).toBe(202)
  })

  it('lets a cluster of before there were hashes keep its tokens as both', async () => {
    const target = await open()
    const { relay } = target
    const { clients, environment } = relay
    const id = tokensId(environment.secretPrefix, 'prod')
    relay.secretIds.add(id)
    await putSecret(clients.secretsManager, id, JSON.stringify(['first', 'older']))
    expect(await target.run(['cluster', 'create', 'prod'])).toMatchObject({ code: 1 })
    await relay.ports.configs.replace({
      ...{ cluster: 'prod', revision: 'a', takenAt: 1, alerts: [], providers: [] },
      ...{ manifests: [], objects: [] },
    })
    expect([await statusFor(target, 'older'), await signedStatusFor(target, 'first')]).toEqual([
      202, 202,
    ])
    const second = (await target.run(['cluster', 'rotate', 'prod'])).stdout.trim()
    expect(await tokensOf(target)).toEqual(hashed(second, 'first'))
    expect(await keysOf(target)).toEqual([second, 'first'])
    expect([await statusFor(target, second), await statusFor(target, 'older')]).toEqual([202, 401])
  })

  it('keeps the newest two tokens, and with --revoke-old the newest', async () => {
    const target = await open()
    await target.relay.setTokens('prod', ['first', 'older'])
    const rotate = (...flags: readonly string[]) =>
      target.run(['cluster', 'rotate', 'prod', ...flags])
    const second = await rotate()
    expect(second).toMatchObject({ code: 0, stdout: expect.stringMatching(TOKEN_LINE), stderr: '' })
    expect(await tokensOf(target)).toEqual(hashed(second.stdout.trim(), 'first'))
    const third = await rotate()
    expect(await tokensOf(target)).toEqual(hashed(third.stdout.trim(), second.stdout.trim()))
    expect(await statusFor(target, second.stdout.trim())).toBe(202)
    expect(await statusFor(target, 'first')).toBe(401)

    const revoked = await rotate('--revoke-old')
    expect(revoked).toEqual({
      code: 0,
      stdout: 'only the newest token of prod is valid now\n',
      stderr: '',
    })
    expect(await tokensOf(target)).toEqual(hashed(third.stdout.trim()))
  })

  it('makes another token each time, and shows none that was there', async () => {
    const target = await open()
    await target.relay.setTokens('prod', ['first-token'])
    const names = ['one', 'two']
    const results = await Promise.all([
      ...names.map((name) => target.run(['cluster', 'create', name])),
      target.run(['cluster', 'rotate', 'prod']),
      target.run(['cluster', 'rotate', 'prod', '--revoke-old']),
    ])
    const tokens = results.map(({ stdout }) => stdout).filter((line) => TOKEN_LINE.test(line))
    expect(new Set(tokens).size).toBe(3)
    for (const { stdout, stderr } of results) expect(stdout + stderr).not.toContain('first-token')
  })

  it('notes when the newest token was made, which the clusters tell', async () => {
    const { run, relay } = await open()
    const newestAt = async () => (await relay.ports.tokens.readHashes('prod'))?.newestAt ?? 0
    const before = Date.now()
    await run(['cluster', 'create', 'prod'])
    const first = await newestAt()
    expect(first).toBeGreaterThanOrEqual(before)
    await run(['cluster', 'rotate', 'prod'])
    const second = await newestAt()
    expect(second).toBeGreaterThan(first)
    await run(['cluster', 'rotate', 'prod', '--revoke-old'])
    expect(await newestAt()).toBe(second)
    const { stdout } = await run(['get', 'clusters', '-o', 'json'])
    expect(JSON.parse(stdout)).toMatchObject([
      { name: 'prod', tokens: 1, newestTokenAt: new Date(second).toISOString() },
    ])
  })

  it('rotates no tokens that are not there, or not of their form', async () => {
    const target = await open()
    await target.relay.setTokens('bad', ['has space'])
    const [none, bad] = await Promise.all([
      target.run(['cluster', 'rotate', 'prod']),
      target.run(['cluster', 'rotate', 'bad']),
    ])
    expect(none).toEqual({
      code: 1,
      stdout: '',
      stderr: 'flux-relay: there is no cluster prod; flux-relay cluster create prod admits it\n',
    })
    const id = tokensId(target.relay.environment.secretPrefix, 'bad')
    expect(bad.stderr).toContain(`flux-relay: AWS: InvalidSecret: ${id} in Secrets Manager is not`)
    expect(bad.stderr).not.toContain('has space')
    expect([bad.code, bad.stdout]).toEqual([1, ''])
    expect(await tokensOf(target)).toBeUndefined()
  })

  it('says where the tokens may be, and takes names that are labels', async () => {
    const [neither, http, both, name] = await Promise.all([
      fluxRelay(['cluster', 'create', 'prod']),
      fluxRelay(['cluster', 'rotate', 'prod', '--relay', 'http://127.0.0.1:1']),
      fluxRelay(['cluster', 'create', 'prod', '--stack', 'x', '--tokens', 'y']),
      fluxRelay(['cluster', 'create', 'Prod_1', '--stack', 'x']),
    ])
    for (const { code, stdout, stderr } of [neither, http, both]) {
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain(
        'expected --tokens FILE for a relay on this machine, or --stack NAME',
      )
    }
    expect(name).toMatchObject({ code: 2, stderr: expect.stringContaining('expected a DNS label') })
  })
})

describe('flux-relay cluster --tokens', () => {
  const inFolder = () => join(temporaryDirectory(), 'tokens.yaml')
  const cluster = (file: string, ...args: readonly string[]) =>
    fluxRelay(['cluster', ...args, '--tokens', file])

  it('makes a file that only its owner reads', async () => {
    const file = inFolder()
    const { code, stdout, stderr } = await cluster(file, 'create', 'prod')
    expect([code, stderr]).toEqual([0, `created ${file} with a token for operators\n`])
    const { operators, clusters } = await loadTokens(file)
    expect(operators.map(({ tokens }) => `${tokens}\n`)).toEqual([
      expect.stringMatching(TOKEN_LINE),
    ])
    expect(clusters).toEqual(new Map([['prod', [stdout.trim()]]]))
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(dirname(file))).toEqual(['tokens.yaml'])
  })

  it('keeps the newest two tokens, comments, and who may read', async () => {
    const file = inFolder()
    writeFileSync(file, '# Ours.\noperators: [op]\nclusters:\n  dev: d # of dev\n', { mode: 0o640 })
    chmodSync(file, 0o640)
    const first = await cluster(file, 'create', 'prod')
    const again = await cluster(file, 'create', 'prod')
    expect(again).toMatchObject({ code: 1, stdout: '' })
    expect(again.stderr).toContain('the cluster prod exists already')
    const second = await cluster(file, 'rotate', 'prod')
    const third = await cluster(file, 'rotate', 'prod')
    const { clusters } = await loadTokens(file)
    expect(clusters.get('prod')).toEqual([third, second].map(({ stdout }) => stdout.trim()))
    expect(first.stdout).toMatch(TOKEN_LINE)
    await cluster(file, 'rotate', 'prod', '--revoke-old')
    expect((await loadTokens(file)).clusters).toEqual(
      new Map([
        ['dev', ['d']],
        ['prod', [third.stdout.trim()]],
      ]),
    )
    const text = readFileSync(file, 'utf8')
    expect(text).toContain('# Ours.')
    expect(text).toContain('# of dev')
    expect(statSync(file).mode & 0o777).toBe(0o640)
  })

  it('changes no file that is wrong, and shows nothing of it', async () => {
    const file = inFolder()
    writeFileSync(file, 'operators: [hunter2]\nclusters: {prod: [hunter2]}\n')
    const wrong = await cluster(file, 'rotate', 'prod')
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(wrong.stderr).toContain('clusters.prod[0]: the same token as operators[0]')
    expect(wrong.stderr).not.toContain('hunter2')
    const missing = await cluster(join(file, 'x'), 'create', 'prod')
    expect(missing).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('ENOTDIR'),
    })
    const none = await cluster(inFolder(), 'rotate', 'prod')
    expect(none.stderr).toContain('there is no cluster prod')
  })
})
