import { describe, expect, it } from 'vitest'
import { QUICK_START } from '../../cli/examples.ts'
import { annotation } from '../../cli/validate/annotation.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { manifestsFolder, providerYaml } from '../support/relay-manifests.ts'

const SECRET = { address: 'https://hooks.example/hunter2' }

function validate(files: Readonly<Record<string, string>>) {
  return fluxRelay(['validate', '-f', manifestsFolder(files)])
}

describe('flux-relay validate', () => {
  it('says of each object what a relay would say, and shows no Secret', async () => {
    const provider = providerYaml('slack', { type: 'slack' }, SECRET)
    const { code, stdout, stderr } = await validate({
      'all.yaml': `${provider}---\n${alertYaml('on-call')}`,
    })
    expect(stdout).toBe(
      'KIND       NAMESPACE     NAME      VALID   STATUS\n' +
        'Alert      flux-system   on-call   True    Initialized\n' +
        'Provider   flux-system   slack     True    Initialized\n',
    )
    expect([code, stderr]).toEqual([0, ''])
  })

  it('knows the Secret of the quick start, which the relay itself provides', async () => {
    const result = await fluxRelay(['validate', '-f', QUICK_START])
    expect(result).toMatchObject({ code: 0, stderr: '' })
    expect(result.stdout).toMatch(/^Provider .* echo +True +Initialized$/m)
  })

  it('does not know of a Secret that is not among the files', async () => {
    const [, provider = ''] = providerYaml('slack', { type: 'slack' }).split('---\n')
    const { code, stdout } = await validate({ 'p.yaml': provider, 'a.yaml': alertYaml('on-call') })
    expect(stdout).toMatch(/^Alert .* Unknown .*Provider flux-system\/slack is not ready/m)
    expect(stdout).toMatch(
      /^Provider .* Unknown .*Secret flux-system\/slack is not known to the relay/m,
    )
    expect(code).toBe(0)
  })

  it('does not know of a Provider of another namespace that is not among the files', async () => {
    const leading = (provider: string) =>
      alertYaml('on-call').replace(
        /^( *)name: on-call$/m,
        `$&\n$1annotations: { flux-relay.io/provider: ${provider} }`,
      )
    const { code, stdout } = await validate({ 'a.yaml': leading('platform/slack') })
    expect(stdout).toMatch(/^Alert .* Unknown .*there is no Provider platform\/slack$/m)
    expect(code).toBe(0)
    expect((await validate({ 'a.yaml': leading('flux-system/none') })).code).toBe(1)
    const folder = manifestsFolder({ 'a.yaml': leading('platform/slack') })
    const strict = await fluxRelay(['validate', '-f', folder, '--no-cross-namespace-refs'])
    expect(strict).toMatchObject({ code: 1, stdout: expect.stringContaining('which the option') })
  })

  it('checks the Providers of the fleet, which are none of a cluster', async () => {
    const provider = (annotation: string) =>
      `apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Provider\nmetadata:\n  name: hook\n  annotations: { flux-relay.io/${annotation} }\nspec: { type: generic, secretRef: { name: hook } }\n`
    const secret = `---\napiVersion: v1\nkind: Secret\nmetadata: { name: hook }\nstringData: { address: 'https://hooks.example/x' }\n`
    const files = (annotation: string) =>
      manifestsFolder({ 'a.yaml': provider(annotation) + secret })
    const good = ['validate', '-f', files("allow-clusters: '*'")]
    expect(await fluxRelay([...good, '--fleet'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Provider +_fleet +hook +True +Initialized$/m),
    })
    expect((await fluxRelay(good)).stdout).toContain('goes on the Providers of the fleet alone')
    const bad = ['validate', '-f', files('allow-clusters: a b'), '--fleet', '-o', 'json']
    const { code, stdout } = await fluxRelay(bad)
    expect([code, JSON.parse(stdout)]).toMatchObject([
      1,
      [{ line: 1, severity: 'error', message: expect.stringContaining('"a b" is none') }],
    ])
  })

  it('says what bounds a try on AWS of a Provider that wants more time', async () => {
    const providers = ['15s', '16s', '51s'].map((timeout, index) =>
      providerYaml(`slack-${index}`, { type: 'slack', timeout }, SECRET),
    )
    const { code, stdout } = await validate({ 'all.yaml': providers.join('---\n') })
    expect(stdout.split('\n').slice(1, 4)).toEqual([
      expect.stringMatching(/slack-0 +True +Initialized$/),
      expect.stringMatching(/slack-1 .* on AWS a first try takes 15s at most$/),
      expect.stringMatching(/slack-2 .* 15s at most, a later one 50s at most$/),
    ])
    expect(code).toBe(0)
  })

  it('fails for an object that cannot take effect', async () => {
    const { code, stdout, stderr } = await validate({ 'a.yaml': alertYaml('on-call') })
    expect(stdout).toMatch(/^Alert .* False .*there is no Provider flux-system\/slack$/m)
    expect(stderr).toMatch(/^flux-relay: -f .*: 1 object not valid$/m)
    expect(code).toBe(1)
  })

  it('names a Receiver, and finds nothing wrong with it', async () => {
    const receiver =
      'apiVersion: notification.toolkit.fluxcd.io/v1\nkind: Receiver\nmetadata: {name: hook}\n'
    const { code, stdout, stderr } = await validate({
      'all.yaml': `${providerYaml('slack', { type: 'slack' }, SECRET)}---\n${receiver}`,
    })
    expect([code, stdout]).toEqual([0, expect.not.stringContaining('Receiver')])
    expect(stderr).toMatch(
      /^all\.yaml:\d+: Receiver\/default\/hook: is not used: .*notification-controller/,
    )
  })

  it('fails for a file that cannot be read as manifests, by its line', async () => {
    const { code, stdout, stderr } = await validate({
      'a.yaml': alertYaml('on-call', 'loud'),
      'p.yaml': providerYaml('slack', { type: 'slack' }, SECRET),
    })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^a\.yaml:\d+: Alert\/flux-system\/on-call: spec\.eventSeverity: /m)
    expect(stderr).toMatch(/^flux-relay: -f .*: 1 problem$/m)
    expect(stderr).not.toContain('hunter2')
  })
})

/** The findings of an Alert with these lines below `spec`, in the order of the file. */
async function findings(spec: string, flags: readonly string[] = ['--strict']) {
  const alert = alertYaml('on-call').replace(/spec:[\s\S]*/, `spec:\n${spec}`)
  const provider = providerYaml('slack', { type: 'slack' }, SECRET)
  const folder = manifestsFolder({ 'a.yaml': alert, 'p.yaml': provider })
  const { code, stdout } = await fluxRelay(['validate', '-f', folder, ...flags, '-o', 'json'])
  const list = JSON.parse(stdout) as readonly Readonly<Record<string, unknown>>[]
  return { code, list, folder }
}

const REF = '  providerRef: {name: slack}\n'
const SOURCE = '  eventSources:\n    - {kind: Kustomization, name: "*"}\n'

describe('validate --strict', () => {
  it.each([
    ['a field', `${REF}  eventSeverty: error\n${SOURCE}`, 'spec.eventSeverty', 8],
    [
      'a field of a source',
      `${REF}  eventSources:\n    - kind: Kustomization\n      name: a\n      namespaces: b\n`,
      'spec.eventSources[0].namespaces',
      11,
    ],
    [
      'a field of a reference',
      `  providerRef:\n    name: slack\n    namespace: a\n${SOURCE}`,
      'spec.providerRef.namespace',
      9,
    ],
    ['a field beside spec', `${REF}${SOURCE}suspend: true\n`, 'suspend', 10],
    [
      'a pattern',
      `${REF}${SOURCE}  exclusionList:\n    - fine\n    - (?!x)\n`,
      'spec.exclusionList[1]',
      12,
    ],
    [
      'an open bracket',
      `${REF}${SOURCE}  inclusionList:\n    - '[a'\n`,
      'spec.inclusionList[0]',
      11,
    ],
    [
      'a kind in plural',
      `${REF}  eventSources:\n    - {kind: Kustomizations, name: a}\n`,
      'spec.eventSources[0].kind',
      9,
    ],
    [
      'a kind that does not report',
      `${REF}  eventSources:\n    - {kind: Deployment, name: a}\n`,
      'spec.eventSources[0].kind',
      9,
    ],
    [
      'a kind of Flux that is none',
      `${REF}  eventSources:\n    - {apiVersion: source.toolkit.fluxcd.io/v1, kind: Git, name: a}\n`,
      'spec.eventSources[0].kind',
      9,
    ],
    [
      'a glob',
      `${REF}  eventSources:\n    - {kind: Kustomization, name: app-*}\n`,
      'spec.eventSources[0].name',
      9,
    ],
    [
      'any namespace',
      `${REF}  eventSources:\n    - {kind: Kustomization, name: a, namespace: "*"}\n`,
      'spec.eventSources[0].namespace',
      9,
    ],
    [
      'any label',
      `${REF}  eventSources:\n    - {kind: Kustomization, name: a, matchLabels: {team: "a?"}}\n`,
      'spec.eventSources[0].matchLabels.team',
      9,
    ],
  ])('fails for %s, by its line', async (_, spec, field, line) => {
    const { code, list, folder } = await findings(spec)
    expect(list).toEqual([
      expect.objectContaining({
        ...{ file: `${folder}/a.yaml`, line, field, severity: 'error' },
        object: 'Alert/flux-system/on-call',
        message: expect.any(String),
      }),
    ])
    expect(code).toBe(1)
  })

  it('says which kind was meant', async () => {
    const { list } = await findings(`${REF}  eventSources:\n    - {kind: helmrelease, name: a}\n`)
    expect(list[0]?.message).toContain('write HelmRelease')
  })

  it('takes a kind of another controller that is named with its apiVersion', async () => {
    const source = '    - {apiVersion: example.com/v1, kind: Rocket, name: "*"}\n'
    const { code, list } = await findings(`${REF}  eventSources:\n${source}`)
    expect([code, list]).toEqual([0, []])
  })

  it('takes the kinds of what the relay tells of itself', async () => {
    const sources = ['Provider', 'Cluster', 'Alert'].map(
      (kind) => `    - {kind: ${kind}, name: "*"}\n`,
    )
    const { code, list } = await findings(`${REF}  eventSources:\n${sources.join('')}`)
    expect([code, list]).toEqual([0, []])
  })

  it('fails for a rule that is no annotation', async () => {
    const rule = 'kind: Provider\nmetadata:\n  annotation: {flux-relay.io/after: 10m}\n'
    const written = providerYaml('slack', { type: 'slack' }, SECRET)
    const folder = manifestsFolder({
      'p.yaml': written.replace('kind: Provider\nmetadata:\n', rule),
    })
    const { code, stderr } = await fluxRelay(['validate', '-f', folder, '--strict'])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^p\.yaml:\d+: Provider\/flux-system\/slack: metadata\.annotation: is ignored/m,
    )
  })

  it('only warns without --strict', async () => {
    const { code, list } = await findings(`${REF}  eventSeverty: error\n${SOURCE}`, [])
    expect([code, list]).toEqual([0, [expect.objectContaining({ severity: 'warning' })]])
  })

  it('says the notes on stderr beside the table, and fails with --strict', async () => {
    const provider = providerYaml('slack', { type: 'slack', chanel: 'x' }, SECRET)
    const folder = manifestsFolder({ 'p.yaml': provider })
    const note = /^p\.yaml:\d+: Provider\/flux-system\/slack: spec\.chanel: is ignored/m
    const lax = await fluxRelay(['validate', '-f', folder])
    expect([lax.code, lax.stderr]).toEqual([0, expect.stringMatching(note)])
    const strict = await fluxRelay(['validate', '-f', folder, '--strict'])
    expect([strict.code, strict.stderr]).toEqual([1, expect.stringMatching(note)])
    expect(strict.stderr).toMatch(/1 problem, by --strict$/m)
    // What is wrong with another object does not hide them: one run shows all there is to mend.
    const wrong = await validate({ 'p.yaml': provider, 'a.yaml': alertYaml('on-call', 'loud') })
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringMatching(note)])
    expect(wrong.stderr).toMatch(/^a\.yaml:9: Alert\/flux-system\/on-call: spec\.eventSeverity: /m)
  })
})

const SECRET_MANIFEST =
  'apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: flux-system}\nstringData: {token: x}\n'

describe('validate -o github', () => {
  it('prints annotations, of objects that cannot take effect too', async () => {
    const folder = manifestsFolder({ 'a.yaml': alertYaml('on-call') })
    const { code, stdout } = await fluxRelay(['validate', '-f', folder, '-o', 'github'])
    expect(stdout).toBe(
      `::error file=${folder}/a.yaml,line=1::Alert/flux-system/on-call: spec.providerRef.name: there is no Provider flux-system/slack\n`,
    )
    expect(code).toBe(1)
  })

  it('names the one file that is validated as the command line does', async () => {
    const file = `${manifestsFolder({ 'a.yaml': alertYaml('on-call', 'loud') })}/a.yaml`
    const { code, stdout } = await fluxRelay(['validate', '-f', file, '-o', 'github'])
    expect(stdout).toContain(`::error file=${file},line=9,col=3::Alert/flux-system/on-call: `)
    expect(code).toBe(1)
  })

  it('has no place for the name of a field where none is shown', async () => {
    const provider = providerYaml('slack', { type: 'slack' }, SECRET)
    const folder = manifestsFolder({
      'p.yaml': provider,
      's.yaml': `${SECRET_MANIFEST}hunter2: x\n`,
    })
    const { stdout } = await fluxRelay(['validate', '-f', folder, '-o', 'github'])
    expect(stdout).toMatch(/::Secret\/flux-system\/s: has a field that is ignored; .*\n$/)
  })

  it('is a usage error with an unknown format', async () => {
    expect((await fluxRelay(['validate', '-f', '.', '-o', 'gitlab'])).code).toBe(2)
  })

  it.each([
    ['a line break', 'a\nb\r', 'a%0Ab%0D'],
    ['a percent sign', '5%0A', '5%250A'],
    ['colons and commas, which stay', 'a::b,c', 'a::b,c'],
  ])('escapes %s in a message', (_, message, text) => {
    expect(annotation({ file: 'x', message, severity: 'notice' })).toBe(
      `::notice file=x::${text}\n`,
    )
  })

  it('escapes what ends a property in a file name', () => {
    const finding = { file: 'a,b:c%\n.yaml', line: 3, message: 'm', severity: 'warning' } as const
    expect(annotation(finding)).toBe('::warning file=a%2Cb%3Ac%25%0A.yaml,line=3::m\n')
  })
})
