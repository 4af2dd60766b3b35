import { describe, expect, it } from 'vitest'
import type { ConfigSnapshot } from '../../relay/model/config.ts'
import { type CommandTarget, commandTargets } from '../support/command-targets.ts'
import { OPERATOR, PROD, startRelay, TOKENS } from '../support/embedded-server.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { manifestsFolder, providerYaml } from '../support/relay-manifests.ts'

const SECRET_VALUE = 'hunter2-of-the-file'

/** A Provider `slack` with its Secret, which `apply` leaves out. */
const PROVIDER = providerYaml('slack', { type: 'generic' }, { token: SECRET_VALUE })

const FILES = { 'provider.yaml': PROVIDER, 'alerts/on-call.yaml': alertYaml('on-call') }

/** What was applied before. */
const STORED: ConfigSnapshot = {
  cluster: 'prod',
  revision: 'r1',
  takenAt: 1_000,
  manifests: [],
  objects: [],
}

const ADDRESS = { address: 'https://hooks.example/hunter2' }

async function configOf({ ports }: Pick<CommandTarget, 'ports'>) {
  const config = await ports.configs.read('prod')
  if (config === 'unchanged') throw new Error('no revision was given')
  return config
}

function namesIn(config: ConfigSnapshot | undefined) {
  return config?.objects.map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`)
}

function apply(folder: string): readonly string[] {
  return ['apply', '-f', folder, '--cluster', 'prod']
}

describe.each(commandTargets())('flux-relay apply %s', (_, open) => {
  it("makes a folder the cluster's set, and names what it removes", async () => {
    const target = await open()
    await target.setSecret('prod', 'slack', ADDRESS)
    const more = { ...FILES, 'old.yaml': alertYaml('old') }
    const first = await target.run(apply(manifestsFolder(more)))
    expect(first).toMatchObject({
      code: 0,
      stdout:
        'Alert/flux-system/on-call ready: Initialized\n' +
        'Alert/flux-system/old ready: Initialized\n' +
        'Provider/flux-system/slack ready: Initialized\n',
    })
    const second = await target.run(apply(manifestsFolder(FILES)))
    expect(second.stdout).toMatch(/^Alert\/flux-system\/on-call ready.*\n.*\n.*\/old removed\n$/)
    expect(second.code).toBe(0)
    expect(namesIn(await configOf(target))).toEqual([
      'Alert/flux-system/on-call',
      'Provider/flux-system/slack',
    ])
  })

  it('names the Secrets of the files, and neither sends nor shows them', async () => {
    const target = await open()
    const { code, stdout, stderr } = await target.run(apply(manifestsFolder(FILES)))
    expect(stderr).toContain(
      'Secret/flux-system/slack is not applied; put it with: flux-relay secret put flux-system/slack --cluster prod',
    )
    // Without its Secret the Provider is not ready, and neither is its Alert: applied all the same.
    expect(stdout).toContain('Provider/flux-system/slack not ready (SecretNotFound): ')
    expect(stderr).toContain(
      'flux-relay: applied, but not ready: Alert/flux-system/on-call, Provider/flux-system/slack\n',
    )
    expect(code).toBe(1)
    expect(namesIn(await configOf(target))).toHaveLength(2)
    expect(await target.ports.secrets.read('prod', 'flux-system', 'slack')).toBeUndefined()
    const everything = stdout + stderr + JSON.stringify(await configOf(target))
    expect(everything).not.toContain(SECRET_VALUE)
  })

  it('says how Secrets are put that are not among the files', async () => {
    const target = await open()
    const [, provider = ''] = PROVIDER.split('---\n')
    const { code, stderr } = await target.run(apply(manifestsFolder({ 'slack.yaml': provider })))
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^put the Secrets with: flux-relay secret put NAMESPACE\/NAME --cluster prod --from-literal=KEY=VALUE\n/,
      ),
    ])
  })
})

describe('flux-relay apply', () => {
  it('applies nothing of files with a problem, of an empty folder, and of none', async () => {
    const { ports, server } = await startRelay()
    await ports.configs.replace(STORED)
    const bad = { 'on-call.yaml': alertYaml('on-call', 'loud'), 'b.yaml': 'kind: [' }
    const folder = manifestsFolder({ ...bad, 'provider.yaml': PROVIDER })
    const empty = manifestsFolder({ 'README.md': 'nothing' })
    const folders = [folder, empty, `${empty}/nosuch`]
    const results = await Promise.all(
      folders.map((path) =>
        fluxRelay([...apply(path), '--relay', `http://127.0.0.1:${server.port}`]),
      ),
    )
    expect(results.map(({ code, stdout }) => [code, stdout])).toEqual(folders.map(() => [1, '']))
    const [problems = '', nothing, missing] = results.map(({ stderr }) => stderr)
    expect(problems).toMatch(/^b\.yaml:\d+: /m)
    expect(problems).toMatch(/^on-call\.yaml:\d+: Alert\/flux-system\/on-call: spec\.eventSev/m)
    expect(problems).toMatch(/^flux-relay: -f .*: [23] problems$/m)
    expect(nothing).toBe(`flux-relay: -f ${empty}: there is no Alert or Provider in it\n`)
    expect(missing).toContain('does not exist')
    expect(await configOf({ ports })).toEqual(STORED)
  })

  it("wants a token of the cluster, and not an operator's", async () => {
    const { ports, server } = await startRelay({ tokens: TOKENS })
    ports.clock.set(Date.now())
    ports.secrets.put('prod', 'flux-system', 'slack', ADDRESS)
    const args = [...apply(manifestsFolder(FILES)), '--relay', `http://127.0.0.1:${server.port}`]
    const refusing = ['', 'staging-token', OPERATOR]
    const refused = await Promise.all(refusing.map((token) => fluxRelay(args, { token })))
    for (const { code, stdout, stderr } of refused) {
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(/^flux-relay: the relay answered 401: .* of the cluster prod/m)
      expect(stderr).not.toContain('-token')
    }
    expect(await configOf({ ports })).toBeUndefined()
    expect(await fluxRelay(args, { token: PROD })).toMatchObject({ code: 0 })
    expect(namesIn(await configOf({ ports }))).toHaveLength(2)
  })

  it('leaves the cluster of the manifests folder alone', async () => {
    const { server } = await startRelay()
    const relay = ['--cluster', 'local', '--relay', `http://127.0.0.1:${server.port}`]
    const { code, stderr } = await fluxRelay(['apply', '-f', manifestsFolder(FILES), ...relay])
    expect(stderr).toMatch(/^flux-relay: the relay answered 409: the manifests folder owns/m)
    expect(code).toBe(1)
  })

  it('shows no terminal sequence of what others applied', async () => {
    const { ports, server } = await startRelay()
    ports.clock.set(Date.now())
    const removed = { kind: 'Alert', namespace: 'flux-system', name: 'x\u001b[2J\u009b31m' }
    const objects = [{ ...removed, ready: true, reason: 'Succeeded', message: '' }]
    await ports.configs.replace({ ...STORED, objects })
    const folder = manifestsFolder(FILES)
    const { stdout } = await fluxRelay([
      ...apply(folder),
      '--relay',
      `http://127.0.0.1:${server.port}`,
    ])
    expect(stdout).toContain('Alert/flux-system/x [2J 31m removed\n')
  })
})
