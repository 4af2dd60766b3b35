import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { changeContexts, readContexts } from '../../cli/context/context-file.ts'
import { stackTargets } from '../support/command-targets.ts'
import { OPERATOR, startRelay, TOKENS } from '../support/embedded-server.ts'
import { fluxRelay, fluxRelayProcess } from '../support/flux-relay-command.ts'
import { startSink } from '../support/recording-sink.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** A home of its own, and the command line in it. */
function home() {
  const HOME = temporaryDirectory()
  const file = join(HOME, '.config', 'flux-relay', 'config.json')
  const tokenFile = join(HOME, 'token')
  const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    fluxRelay(args, { env: { HOME, FLUX_RELAY_CONFIG: '', ...env } })
  const add = async (name: string, ...args: readonly string[]) => {
    const { code, stderr } = await run(['context', 'add', name, ...args])
    expect([code, stderr]).toEqual([0, ''])
  }
  const withToken = async (token: string) => {
    await writeFile(tokenFile, `${token}\n`)
    return ['--token-file', tokenFile]
  }
  return { HOME, file, run, add, withToken }
}

describe('flux-relay context', () => {
  it('keeps all contexts that are added at the same time', async () => {
    const { file } = home()
    const variables = { FLUX_RELAY_CONFIG: file }
    const names = ['a', 'b', 'c', 'd']
    const add = (name: string) =>
      changeContexts(variables, ({ contexts }) => ({
        contexts: [...contexts, { name, relay: 'https://relay.example' }],
      }))
    await Promise.all(names.map(add))
    const { contexts } = await readContexts(variables)
    expect(contexts.map(({ name }) => name).toSorted()).toEqual(names)
  })

  it('keeps contexts for nobody else, uses the first one, and shows no token', async () => {
    const { file, run, withToken } = home()
    const token = await withToken('hunter2')
    const none = await run(['context', 'list'])
    const said = [
      await run(['context', 'add', 'prod', '--relay', 'https://relay.example', ...token]),
      await run(['context', 'add', 'aws', '--stack', 'flux-relay-prod', '--cluster', 'eu-1']),
      await run(['context', 'list']),
      await run(['context', 'use', 'aws']),
      await run(['context', 'add', 'prod', '--relay', 'http://127.0.0.1:8080']),
      await run(['context', 'ls']),
      await run(['context', 'remove', 'aws']),
      await run(['context', 'remove', 'prod']),
    ]
    expect(none).toEqual({ code: 0, stdout: '', stderr: `No contexts found in ${file}.\n` })
    expect(said.map(({ code, stderr }) => [code, stderr])).toEqual(said.map(() => [0, '']))
    expect(said.map(({ stdout }) => stdout)).toEqual([
      'context prod added, and in use\n',
      'context aws added\n',
      [
        'CURRENT   NAME   RELAY                   STACK             CLUSTER   TOKEN\n',
        '          aws                            flux-relay-prod   eu-1\n',
        '*         prod   https://relay.example                               set\n',
      ].join(''),
      'context aws is in use\n',
      'context prod changed\n',
      expect.stringContaining('*         aws'),
      'context aws removed, and none is in use now\n',
      'context prod removed\n',
    ])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ contexts: [] })
  })

  it('is in the folder of XDG_CONFIG_HOME, or in FLUX_RELAY_CONFIG', async () => {
    const { HOME, run } = home()
    const add = ['context', 'add', 'prod', '--stack', 'x']
    await run(add, { XDG_CONFIG_HOME: join(HOME, 'xdg') })
    await run(add, { FLUX_RELAY_CONFIG: join(HOME, 'own', 'contexts.json') })
    const files = [join(HOME, 'xdg/flux-relay/config.json'), join(HOME, 'own/contexts.json')]
    const read = files.map(async (file) => JSON.parse(await readFile(file, 'utf8')))
    const expected = { current: 'prod', contexts: [{ name: 'prod', stack: 'x' }] }
    expect(await Promise.all(read)).toEqual([expected, expected])
  })

  it.each([
    ['no relay', ['add', 'a'], 2, 'expected --relay URL, or --stack NAME'],
    ['two relays', ['add', 'a', '--relay', 'http://a', '--stack', 'b'], 2, 'cannot be used with'],
    ['a name that is none', ['add', 'a b', '--stack', 'x'], 2, 'expected a name of letters'],
    ['an address that is none', ['add', 'a', '--relay', 'relay'], 2, 'expected a URL such as'],
    ['a token in the URL', ['add', 'a', '--relay', 'http://u:hunter2@a'], 2, 'no credentials in'],
    ['a cluster that is none', ['add', 'a', '--stack', 'x', '--cluster', 'A'], 2, 'a DNS label'],
    ['no token file', ['add', 'a', '--relay', 'http://a', '--token-file', '/nosuch'], 1, '/nosuch'],
    ['a token for AWS', ['add', 'a', '--stack', 'x', '--token-file', 'f'], 2, 'AWS credentials'],
    ['an unknown one to use', ['use', 'nosuch'], 1, 'there is no context nosuch in'],
    ['an unknown one to remove', ['remove', 'nosuch'], 1, 'flux-relay context list shows'],
  ] as const)('refuses %s', async (_, args, code, message) => {
    const { run } = home()
    const result = await run(['context', ...args])
    expect(result).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(message) })
    expect(result.stderr).not.toContain('hunter2')
  })

  it.each([
    ['no JSON', 'token: hunter2', 'a file of contexts: expected object; mend it'],
    ['another form', '{"contexts":[{"name":"hunter2","relay":1}]}', 'contexts[0].relay'],
    ['a context of no relay', '{"contexts":[{"name":"a"}]}', 'expected either relay or stack'],
  ])('says what is wrong with a file of %s, and shows nothing of it', async (_, text, message) => {
    const { file, run } = home()
    await mkdir(join(file, '..'), { recursive: true })
    await writeFile(file, text, { mode: 0o600 })
    const results = [await run(['context', 'list']), await run(['get', 'alerts'])]
    for (const { code, stdout, stderr } of results) {
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toContain(`flux-relay: ${file}: is not a file of contexts: `)
      expect(stderr).toContain(message)
      expect(stderr).not.toContain('hunter2')
    }
  })

  it('warns of a file that others can read', async () => {
    const { file, run, add } = home()
    await add('prod', '--stack', 'x')
    await chmod(file, 0o640)
    const { code, stderr } = await run(['context', 'list'])
    expect(code).toBe(0)
    expect(stderr).toBe(
      `${file}: others on this machine can read it, and it may hold tokens: chmod 600 it\n`,
    )
  })
})

describe('the relay of a command', () => {
  const path = (cluster: string) => `GET /v1/clusters/${cluster}/config`
  const answers = { [path('local')]: { status: 404 }, [path('ctx')]: { status: 404 } }
  const more = { [path('env')]: { status: 404 }, [path('flag')]: { status: 404 } }

  it('is that of flags before the environment, and of the environment before the context', async () => {
    const { run, add, withToken } = home()
    const routes = { ...answers, ...more }
    const [byFlag, byEnv, byContext] = [
      await startSink(routes),
      await startSink(routes),
      await startSink(routes),
    ]
    const token = await withToken('of-context')
    await add('one', '--relay', byContext.url, '--cluster', 'ctx', ...token)
    await add('other', '--relay', byContext.url)
    const URL = { FLUX_RELAY_URL: byEnv.url }
    const CLUSTER = { FLUX_RELAY_CLUSTER: 'env' }
    const TOKEN = { FLUX_RELAY_TOKEN: 'of-env' }
    type Case = readonly [readonly string[], Readonly<Record<string, string>>, string, string]
    const cases: readonly Case[] = [
      [[], {}, 'context ctx', 'of-context'],
      [['--cluster', 'flag'], CLUSTER, 'context flag', 'of-context'],
      [[], { ...CLUSTER, ...TOKEN }, 'context env', 'of-env'],
      [[], URL, 'env local', 'none'],
      [[], { ...URL, ...CLUSTER, ...TOKEN }, 'env env', 'of-env'],
      [['--relay', byFlag.url], URL, 'flag local', 'none'],
      [
        ['--relay', byFlag.url, '--cluster', 'flag'],
        { ...URL, ...CLUSTER, ...TOKEN },
        'flag flag',
        'of-env',
      ],
      [['--context', 'one'], { ...URL, ...CLUSTER, ...TOKEN }, 'context ctx', 'of-context'],
      [['--context', 'other'], { ...URL, ...CLUSTER, ...TOKEN }, 'context env', 'of-env'],
    ]
    const sinks = { flag: byFlag, env: byEnv, context: byContext }
    const asked = async ([args, env]: Case) => {
      const before = Object.values(sinks).map(({ requests }) => requests.length)
      await run(['get', 'alerts', ...args], env)
      const [index] = Object.values(sinks).flatMap(({ requests }, at) =>
        requests.length > (before[at] ?? 0) ? [at] : [],
      )
      const request = Object.values(sinks)[index ?? -1]?.requests.at(-1)
      const cluster = request?.line.split('/')[3]
      const sent = String(request?.headers.authorization ?? 'Bearer none').slice('Bearer '.length)
      return [`${Object.keys(sinks)[index ?? -1]} ${cluster}`, sent]
    }
    for (const test of cases) expect(await asked(test), JSON.stringify(test)).toEqual(test.slice(2))
  })

  it('needs a context that is there, and one of two variables', async () => {
    const { file, run, add } = home()
    const unknown = await run(['get', 'alerts', '--context', 'nosuch'])
    expect(unknown).toMatchObject({ code: 2, stdout: '' })
    expect(unknown.stderr).toBe(
      `flux-relay: there is no context nosuch in ${file}; no context exists yet; flux-relay context add creates one\n`,
    )
    await add('prod', '--stack', 'x')
    const other = await run(['get', 'alerts', '--context', 'nosuch'])
    expect(other.stderr).toContain('; there are prod\n')
    const two = await run(['get', 'alerts'], {
      FLUX_RELAY_URL: 'http://127.0.0.1:1',
      FLUX_RELAY_STACK: 'x',
    })
    expect(two).toMatchObject({ code: 2, stdout: '' })
    expect(two.stderr).toContain('FLUX_RELAY_URL and FLUX_RELAY_STACK name two relays: unset one')
    const cluster = await run(['get', 'alerts'], { FLUX_RELAY_CLUSTER: 'Prod_1' })
    expect(cluster).toMatchObject({ code: 2, stdout: '' })
    expect(cluster.stderr).toMatch(/^flux-relay: FLUX_RELAY_CLUSTER: expected a DNS label/)
    const both = await run(['get', 'alerts', '--context', 'prod', '--relay', 'http://a'])
    expect(both.stderr).toMatch(/'--context <name>' cannot be used with option '--relay <url>'/)
    expect(both.code).toBe(2)
  })

  it('is found by a process, and its cluster counts for commands that need one', async () => {
    const { HOME, add, withToken } = home()
    const { server, ports } = await startRelay({ tokens: TOKENS })
    await add(
      'here',
      ...['--relay', `http://127.0.0.1:${server.port}`, '--cluster', 'prod'],
      ...(await withToken(OPERATOR)),
    )
    const event = { involvedObject: { kind: 'Pod', namespace: 'apps', name: 'web' }, message: 'm' }
    const options = { env: { HOME, FLUX_RELAY_CONFIG: '' }, input: JSON.stringify(event) }
    const alerts = await fluxRelayProcess(['get', 'alerts'], options)
    expect(alerts).toMatchObject({ code: 1, stdout: '' })
    expect(alerts.stderr).toBe('flux-relay: the cluster prod has no configuration yet\n')
    // An operator may not send: what is asked for is clear, and so is who may.
    const sent = await fluxRelayProcess(['send', '-e', '-'], options)
    expect(sent.stderr).toMatch(/^flux-relay: the relay answered 401: .*prod/)
    const own = { ...options.env, FLUX_RELAY_TOKEN: 'prod-token-1' }
    const accepted = await fluxRelayProcess(['send', '-e', '-'], {
      ...options,
      token: 'prod-token-1',
      env: own,
    })
    expect(accepted).toMatchObject({ code: 0, stdout: '1 accepted, 0 rejected\n' })
    expect(ports.queue.events).toMatchObject([{ cluster: 'prod' }])
  })
})

describe('a context on AWS', () => {
  const { open } = stackTargets()

  it('names the stack and the cluster', async () => {
    const { env, stack } = await open()
    const { HOME, run, add } = home()
    await add('aws', '--stack', stack, '--cluster', 'prod')
    const named = await run(['get', 'alerts'], { ...env, HOME })
    const byVariable = await run(['get', 'alerts', '--cluster', 'eu-1'], {
      ...env,
      FLUX_RELAY_STACK: stack,
    })
    expect([named.stderr, byVariable.stderr]).toEqual([
      'flux-relay: the cluster prod has no configuration yet\n',
      'flux-relay: the cluster eu-1 has no configuration yet\n',
    ])
  })
})
