import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fluxRelay, fluxRelayProcess } from '../support/flux-relay-command.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const SECRET = { address: 'https://hooks.example/services/hunter2' }
const FILES = {
  'chat.yaml': `${providerYaml('slack', { type: 'slack', channel: 'general' }, SECRET)}---\n${alertYaml('on-call')}`,
  'errors.yaml': alertYaml('errors', 'error'),
}

const EVENT = {
  involvedObject: {
    kind: 'Kustomization',
    namespace: 'flux-system',
    name: 'apps',
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
  },
  severity: 'info',
  timestamp: '2026-11-20T09:14:03Z',
  message: 'Reconciliation finished in 1.2s',
  reason: 'ReconciliationSucceeded',
  metadata: { 'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:3f2c9a1' },
  reportingController: 'kustomize-controller',
}

function eventFile(content: unknown = EVENT): string {
  const file = join(temporaryDirectory(), 'event.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

function explain(...flags: readonly string[]) {
  return fluxRelay(['explain', '-f', manifestsFolder(FILES), '-e', eventFile(), ...flags])
}

describe('flux-relay explain with files', () => {
  it('says of each Alert what it does and why, and shows what would be sent', async () => {
    const { code, stdout, stderr } = await explain()
    expect([code, stderr]).toEqual([0, ''])
    const [table = '', alertAndProvider, request = ''] = stdout.split('\n\n')
    expect(table).toBe(
      'ALERT                 PROVIDER            VERDICT     WHY\n' +
        'flux-system/on-call   flux-system/slack   delivered   the Alert takes the event\n' +
        'flux-system/errors    flux-system/slack   skipped     the Alert takes errors only, and this is severity info',
    )
    expect(alertAndProvider).toBe('Alert flux-system/on-call to Provider flux-system/slack (slack)')
    expect(request).toBe('POST https://hooks.example/***\ncontent-type: application/json')
    expect(stdout).toContain('"channel": "general"')
    expect(stdout).not.toContain('hunter2')
  })

  it('takes for granted a Provider of the fleet, or of another namespace', async () => {
    const leading = (name: string, to: string) =>
      alertYaml(name).replace(
        '  namespace:',
        `  annotations: { flux-relay.io/provider: ${to} }\n$&`,
      )
    const files = ['_fleet/slack', 'platform/slack', 'flux-system/none'].map(
      (to, index) => [`${index}.yaml`, leading(`a${index}`, to)] as const,
    )
    const folder = manifestsFolder(Object.fromEntries(files))
    const args = ['explain', '-f', folder, '-e', eventFile(), '-o', 'json']
    const verdicts = JSON.parse((await fluxRelay(args)).stdout).verdicts
    const note = (name: string) => [
      `the requests are not shown: Provider ${name} does not exist or is not valid`,
    ]
    expect(verdicts).toMatchObject([
      { outcome: 'delivered', notes: note('_fleet/slack') },
      { outcome: 'delivered', notes: note('platform/slack') },
      { outcome: 'retry', rule: 'provider' },
    ])
    const denied = await fluxRelay([...args, '--no-cross-namespace-refs'])
    expect(JSON.parse(denied.stdout).verdicts[1]).toMatchObject({ outcome: 'retry' })
  })

  it('prints a document for programs', async () => {
    const { stdout } = await explain('-o', 'json')
    expect(JSON.parse(stdout)).toMatchObject({
      cluster: 'local',
      verdicts: [
        { alert: { name: 'on-call' }, outcome: 'delivered', requests: [{ method: 'POST' }] },
        { alert: { name: 'errors' }, outcome: 'skipped', rule: 'severity', requests: [] },
      ],
    })
    const yaml = await explain('-o', 'yaml')
    expect(yaml.stdout).toContain('rule: severity\n')
  })

  it.each([
    ['flux-system/slack=delivered', 0, ''],
    ['slack=delivered', 0, ''],
    [
      'flux-system/slack=skipped',
      1,
      'expected flux-system/slack=skipped: it is delivered by Alert flux-system/on-call (the Alert takes the event)\n',
    ],
    [
      'apps/slack=delivered',
      1,
      'expected apps/slack=delivered: no Alert leads to a Provider apps/slack\n',
    ],
    [
      'slack=dead',
      1,
      /^expected slack=dead: it is delivered by Alert .*, skipped by Alert flux-system\/errors \(.*\)\n$/,
    ],
  ])('with --expect %s exits with %i', async (expectation, exitCode, said) => {
    const { code, stdout, stderr } = await explain('--expect', expectation)
    expect([code, stderr]).toEqual([
      exitCode,
      typeof said === 'string' ? said : expect.stringMatching(said),
    ])
    expect(stdout).toContain('VERDICT')
  })

  it('tells each expectation that is not met', async () => {
    const { code, stderr } = await explain('--expect', 'a=skipped', '--expect', 'b=delivered')
    expect([code, stderr.trim().split('\n').length]).toEqual([1, 2])
  })

  it('reads an event with labels, and one of stdin', async () => {
    const labelled = alertYaml('web').replace(
      "name: '*'",
      "name: '*'\n      matchLabels: {team: web}",
    )
    const folder = manifestsFolder({ ...FILES, 'web.yaml': labelled })
    const input = JSON.stringify({ event: EVENT, objectLabels: { team: 'web' } })
    const args = ['explain', '-f', folder, '-e', '-', '-o', 'json']
    const { code, stdout } = await fluxRelayProcess(args, { input })
    const { verdicts } = JSON.parse(stdout) as { verdicts: { outcome: string }[] }
    expect([code, verdicts.map(({ outcome }) => outcome)]).toEqual([
      0,
      ['delivered', 'skipped', 'delivered'],
    ])
  })

  it('expects nothing of Secrets that are not among the files', async () => {
    const [, provider = ''] = providerYaml('slack', { type: 'slack' }).split('---\n')
    const folder = manifestsFolder({ 'p.yaml': provider, 'a.yaml': alertYaml('on-call') })
    const flags = ['--expect', 'slack=delivered']
    const { code, stdout } = await fluxRelay(['explain', '-f', folder, '-e', eventFile(), ...flags])
    expect(code).toBe(0)
    expect(stdout).toContain('note: the requests are not shown: Secret flux-system/slack is not')
  })

  it('knows the option that keeps Alerts to their namespace', async () => {
    const apps = alertYaml('apps').replace(
      'name: apps\n  namespace: flux-system',
      'name: apps\n  namespace: other',
    )
    const wide = apps.replace("name: '*'", "name: '*'\n      namespace: flux-system")
    const folder = manifestsFolder({ ...FILES, 'apps.yaml': wide })
    const ask = (...flags: readonly string[]) =>
      fluxRelay(['explain', '-f', folder, '-e', eventFile(), '-o', 'json', ...flags])
    expect((await ask()).stdout).toContain('Provider other/slack does not exist')
    expect((await ask('--no-cross-namespace-refs')).stdout).toContain('"rule": "cross-namespace"')
  })

  it.each<[string, readonly string[], number, RegExp]>([
    ['no event', ['-f', '.'], 2, /give an event, either -e FILE or --event ID/],
    ['two events', ['-e', 'x', '--event', 'ab'], 2, /give an event, either/],
    ['an event of a relay by files', ['-f', '.', '--event', 'ab'], 2, /goes without -f/],
    ['an id that is none', ['--event', 'a b'], 2, /--event.*expected the id of an event/],
    ['no file of that name', ['-f', '.', '-e', '/nowhere.json'], 1, /-e \/nowhere\.json: ENOENT/],
    [
      'an outcome that is none',
      ['-f', '.', '-e', 'x', '--expect', 'slack=sent'],
      2,
      /--expect.*outcomes are/s,
    ],
    [
      'a bare Provider',
      ['-f', '.', '-e', 'x', '--expect', 'slack'],
      2,
      /expected PROVIDER=OUTCOME/,
    ],
    ['files and a relay', ['-f', '.', '-e', 'x', '--relay', 'http://a.test'], 2, /-f goes without/],
    ['a stack without its cluster', ['-e', 'x', '--stack', 's'], 2, /give --cluster too/],
  ])('is a wrong call with %s', async (_, flags, exitCode, said) => {
    const { code, stdout, stderr } = await fluxRelay(['explain', ...flags])
    expect([code, stdout]).toEqual([exitCode, ''])
    expect(stderr).toMatch(said)
  })

  it.each<[string, unknown, RegExp]>([
    ['text', 'hello', /it is not valid JSON/],
    ['an array', [EVENT], /expected one event, and it has an array/],
    ['no object', '7', /expected an event, which is a JSON object/],
    [
      'no involved object',
      { severity: 'info' },
      /event: involvedObject: is missing, expected object/,
    ],
    ['a wrong time', { ...EVENT, timestamp: 'noon' }, /event: timestamp: expected an RFC 3339/],
    ['wrong labels', { event: EVENT, objectLabels: { a: 1 } }, /objectLabels\.a: expected string/],
  ])('says what is wrong with an event that is %s', async (_, content, said) => {
    const folder = manifestsFolder(FILES)
    const result = await fluxRelay(['explain', '-f', folder, '-e', eventFile(content)])
    expect([result.code, result.stdout]).toEqual([1, ''])
    expect(result.stderr).toMatch(/^flux-relay: -e \/.*: /)
    expect(result.stderr).toMatch(said)
  })
})
