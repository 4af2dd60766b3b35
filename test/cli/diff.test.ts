import { describe, expect, it } from 'vitest'
import type { ObjectChange } from '../../cli/diff/object-changes.ts'
import { fluxRelay, fluxRelayProcess } from '../support/flux-relay-command.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { manifestsFolder, providerYaml } from '../support/relay-manifests.ts'

const HOOK = { address: 'https://hooks.example/services/hunter2' }
const SLACK = providerYaml('slack', { type: 'slack', channel: 'general' }, HOOK)
const BEFORE = { 'slack.yaml': SLACK, 'on-call.yaml': alertYaml('on-call') }

type Files = Readonly<Record<string, string>>

async function diff(before: Files, after: Files, ...flags: readonly string[]) {
  const [base, head] = [manifestsFolder(before), manifestsFolder(after)]
  const result = await fluxRelay(['diff', '-f', head, '--against', base, ...flags])
  const local = (text: string) => text.replaceAll(head, 'head').replaceAll(base, 'base')
  return { ...result, stdout: local(result.stdout), stderr: local(result.stderr) }
}

async function changes(before: Files, after: Files): Promise<readonly ObjectChange[]> {
  const { code, stdout, stderr } = await diff(before, after, '-o', 'json')
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout).changes
}

function alertWith(spec: string): string {
  return alertYaml('on-call').replace(
    /spec:[\s\S]*/,
    `spec:\n  providerRef: {name: slack}\n${spec}`,
  )
}

const SOURCE = '  eventSources: [{kind: Kustomization, name: "*"}]\n'

describe('flux-relay diff of files', () => {
  it('judges a Provider of another namespace as the relay does, whose option may forbid it', async () => {
    const leading = alertYaml('apps').replace(
      '  namespace:',
      '  annotations: { flux-relay.io/provider: platform/slack }\n$&',
    )
    const after = { ...BEFORE, 'apps.yaml': leading }
    const allowed = await diff(BEFORE, after)
    expect([allowed.code, allowed.stdout]).toEqual([0, expect.not.stringContaining('ready')])
    const { stdout } = await diff(BEFORE, after, '--no-cross-namespace-refs')
    expect(stdout).toContain('would not be ready (AccessDenied)')
  })

  it('says what is new, gone and changed, field by field', async () => {
    const teams = providerYaml('teams', { type: 'msteams' }, HOOK)
    const before = { ...BEFORE, 'teams.yaml': teams, 'old.yaml': alertYaml('old') }
    const { code, stdout, stderr } = await diff(before, {
      'slack.yaml': SLACK.replace('general', 'alerts'),
      'on-call.yaml': alertYaml('on-call', 'error'),
      'apps.yaml': alertYaml('apps'),
      'teams.yaml': teams,
    })
    expect(stdout).toBe(
      [
        'new       Alert/flux-system/apps   head/apps.yaml:1',
        'gone      Alert/flux-system/old   base/old.yaml:1',
        'changed   Alert/flux-system/on-call   head/on-call.yaml:1',
        '  spec.eventSeverity: "info" -> "error"',
        'changed   Provider/flux-system/slack   head/slack.yaml:10',
        '  spec.channel: "general" -> "alerts"',
        '',
        '1 new, 2 changed, 1 gone, 3 unchanged',
        '',
      ].join('\n'),
    )
    expect([code, stderr]).toEqual([0, ''])
  })

  it.each([
    ['nothing', BEFORE, BEFORE, 0],
    ['an Alert', BEFORE, { ...BEFORE, 'b.yaml': alertYaml('b') }, 1],
  ])('ends with its exit code for %s with --exit-code', async (_, before, after, code) => {
    expect((await diff(before, after, '--exit-code')).code).toBe(code)
    expect((await diff(before, after)).code).toBe(0)
  })

  it.each([
    ['an info severity, which is the default', '  eventSeverity: info\n', ''],
    ['an empty list', '  exclusionList: []\n  eventMetadata: {}\n', ''],
    ['null and an empty text', '  summary: ""\n  inclusionList: null\n', ''],
    ['suspend: false', '  suspend: false\n', ''],
    ['the order of a list', '  exclusionList: [a, b]\n', '  exclusionList: [b, a]\n'],
  ])('takes %s for no change', async (_, before, after) => {
    const alert = (rest: string) => ({ ...BEFORE, 'on-call.yaml': alertWith(SOURCE + rest) })
    expect(await changes(alert(before), alert(after))).toEqual([])
  })

  it('takes the own namespace in a source, another version and what tools add for no change', async () => {
    const own = '  eventSources: [{name: "*", kind: Kustomization, namespace: flux-system}]\n'
    const changed = alertWith(own)
      .replace('v1beta3', 'v1beta2')
      .replace(
        'spec:',
        '  labels: {kustomize.toolkit.fluxcd.io/name: apps}\n  annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}"}\nspec:',
      )
    const before = { ...BEFORE, 'on-call.yaml': alertWith(SOURCE) }
    expect(await changes(before, { ...before, 'on-call.yaml': changed })).toEqual([])
  })

  it.each([
    [
      'an element of a list',
      `${SOURCE}  exclusionList: [a, b, b]\n`,
      `${SOURCE}  exclusionList: [b, c]\n`,
      [
        { field: 'spec.exclusionList[0]', before: 'a' },
        { field: 'spec.exclusionList[2]', before: 'b' },
        { field: 'spec.exclusionList[1]', after: 'c' },
      ],
    ],
    [
      'a source',
      SOURCE,
      '  eventSources: [{kind: Kustomization, name: "*"}, {kind: HelmRelease, name: a}]\n',
      [{ field: 'spec.eventSources[1]', after: { kind: 'HelmRelease', name: 'a' } }],
    ],
    [
      'a key of a map, whatever it is called',
      `${SOURCE}  eventMetadata: {cluster: a, a.b/c: x}\n`,
      `${SOURCE}  eventMetadata: {cluster: b}\n`,
      [
        { field: 'spec.eventMetadata.cluster', before: 'a', after: 'b' },
        { field: 'spec.eventMetadata["a.b/c"]', before: 'x' },
      ],
    ],
    [
      'a field that had its default',
      SOURCE,
      `${SOURCE}  suspend: true\n`,
      [{ field: 'spec.suspend', before: false, after: true }],
    ],
  ])('tells %s', async (_, before, after, fields) => {
    const found = await changes(
      { ...BEFORE, 'on-call.yaml': alertWith(before) },
      { ...BEFORE, 'on-call.yaml': alertWith(after) },
    )
    expect(found).toEqual([
      expect.objectContaining({ change: 'changed', object: 'Alert/flux-system/on-call', fields }),
    ])
  })

  it('tells a setting in an annotation of the relay, and no other annotation', async () => {
    const annotated = alertYaml('on-call').replace(
      'spec:',
      '  annotations: {flux-relay.io/group: apps, example.com/x: text}\nspec:',
    )
    const [change] = await changes(BEFORE, { ...BEFORE, 'on-call.yaml': annotated })
    expect(change?.fields).toEqual([
      { field: 'metadata.annotations["flux-relay.io/group"]', after: 'apps' },
    ])
  })

  it('shows no credential, and still that it is another one', async () => {
    const other = { address: 'https://hooks.example/services/hunter3-hunter3' }
    const spec = { type: 'slack', username: 'bot-hunter2', proxy: 'http://me:hunter2@proxy' }
    const before = { 'slack.yaml': providerYaml('slack', { ...spec, address: HOOK.address }, HOOK) }
    const after = {
      'slack.yaml': providerYaml(
        'slack',
        {
          ...{ type: 'slack', address: other.address, channel: 'services/hunter3-hunter3' },
          // A field that no CRD has.
          token: 'hunter4',
        },
        other,
      ),
    }
    const outputs = ['text', 'json', 'github'].map((format) => diff(before, after, '-o', format))
    const [text, ...others] = await Promise.all(outputs)
    for (const result of [text, ...others]) expect(JSON.stringify(result)).not.toContain('hunter')
    expect(text?.stdout).toContain('changed   Secret/flux-system/slack')
    expect(text?.stdout).toMatch(/^ {2}data\.address: \*\*\* -> \*\*\*$/m)
    expect(text?.stdout).toMatch(/^ {2}spec\.address: \*\*\* -> \*\*\*$/m)
    expect(text?.stdout).toMatch(/^ {2}spec\.proxy: - \*\*\*$/m)
    expect(text?.stdout).toMatch(/^ {2}spec\.username: - \*\*\*$/m)
    expect(text?.stdout).toMatch(/^ {2}spec\.token: \+ \*\*\*$/m)
    expect(text?.stdout).toMatch(/^ {2}spec\.channel: \+ \S*\*\*\*\S*$/m)
  })

  it.each([
    [
      'an Alert whose Provider goes, though it is the same itself',
      { 'on-call.yaml': alertYaml('on-call') },
      ['Alert/flux-system/on-call', 'same', 'ready', 'not ready', 'ProviderNotFound'],
      /there is no Provider flux-system\/slack/,
    ],
    [
      'a Provider of a type that is none, and its Alert',
      { ...BEFORE, 'slack.yaml': SLACK.replace('type: "slack"', 'type: "slak"') },
      ['Alert/flux-system/on-call', 'same', 'ready', 'not ready', 'ProviderNotReady'],
      /unknown type slak; did you mean slack\?/,
    ],
    [
      'a new Alert without a Provider',
      { ...BEFORE, 'b.yaml': alertYaml('apps').replace('name: slack', 'name: none') },
      ['Alert/flux-system/apps', 'new', undefined, 'not ready', 'ProviderNotFound'],
      /there is no Provider flux-system\/none/,
    ],
  ])('says why it would not be ready: %s', async (_, after, expected, message) => {
    const [first] = await changes(BEFORE, after)
    const { object, change, before, after: then, reason } = first ?? {}
    expect([object, change, before, then, reason]).toEqual(expected)
    expect(first?.message).toMatch(message)
  })

  it('says what would become ready', async () => {
    const { stdout } = await diff({ 'on-call.yaml': alertYaml('on-call') }, BEFORE)
    expect(stdout).toMatch(/^same +Alert\/flux-system\/on-call.*\n {2}would become ready$/m)
  })

  it('does not know of a Secret that is not among the files', async () => {
    const [, slack = ''] = SLACK.split('---\n')
    const before = { 'slack.yaml': slack, 'on-call.yaml': alertYaml('on-call') }
    expect(await changes(before, before)).toEqual([])
    const after = { ...before, 'b.yaml': slack.replaceAll('name: slack', 'name: teams') }
    const { stdout } = await diff(before, after)
    expect(stdout).toMatch(
      /^new +Provider\/flux-system\/teams.*\n {2}whether it would be ready is not known/m,
    )
  })

  it('prints annotations, a warning for what ceases to be ready', async () => {
    const { code, stdout } = await diff(
      BEFORE,
      { 'on-call.yaml': alertYaml('on-call') },
      '-o',
      'github',
    )
    expect(stdout).toBe(
      '::warning file=head/on-call.yaml,line=1::Alert/flux-system/on-call: same%0Awould become not ready (ProviderNotFound): spec.providerRef.name: there is no Provider flux-system/slack\n' +
        '::notice file=base/slack.yaml,line=10::Provider/flux-system/slack: gone\n' +
        '::notice file=base/slack.yaml,line=1::Secret/flux-system/slack: gone\n',
    )
    expect(code).toBe(0)
  })

  it('takes no files that are wrong, and names them', async () => {
    const wrong = { ...BEFORE, 'on-call.yaml': alertYaml('on-call', 'loud') }
    const text = await diff(BEFORE, wrong)
    expect([text.code, text.stdout]).toEqual([1, ''])
    expect(text.stderr).toMatch(
      /^on-call\.yaml:\d+: Alert\/flux-system\/on-call: spec\.eventSeverity: /,
    )
    const github = await diff(BEFORE, wrong, '-o', 'github')
    expect(github.code).toBe(1)
    expect(github.stdout).toMatch(/^::error file=head\/on-call\.yaml,line=9,col=3::/)
  })

  it('shows the change that mends a file', async () => {
    const wrong = { ...BEFORE, 'on-call.yaml': alertYaml('on-call', 'loud') }
    const { code, stdout, stderr } = await diff(wrong, BEFORE)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^new +Alert\/flux-system\/on-call/m)
    expect(stderr).toMatch(/^--against base: on-call\.yaml:\d+: .*spec\.eventSeverity: /)
  })

  it.each([
    ['no files', ['--against', '.']],
    ['a relay beside files', ['-f', '.', '--against', '.', '--relay', 'http://127.0.0.1:1']],
    ['an unknown format', ['-f', '.', '-o', 'yaml']],
    ['a stack without a cluster', ['-f', '.', '--stack', 'x']],
  ])('is a usage error with %s', async (_, flags) => {
    const { code, stdout, stderr } = await fluxRelay(['diff', ...flags])
    expect([code, stdout, stderr]).toEqual([2, '', expect.any(String)])
    expect(stderr).not.toBe('')
  })

  it.each([
    ['-f', 'no-such-folder', undefined],
    ['--against', undefined, 'no-such-folder'],
  ])('says which folder of %s is not there', async (_, head, base) => {
    const folder = manifestsFolder(BEFORE)
    const flags = ['-f', head ?? folder, '--against', base ?? folder, '-o', 'github']
    const { code, stdout, stderr } = await fluxRelay(['diff', ...flags])
    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining('no-such-folder')])
  })

  it('works as a process', async () => {
    const folder = manifestsFolder(BEFORE)
    const result = await fluxRelayProcess(['diff', '-f', folder, '--against', folder])
    expect(result).toEqual({
      code: 0,
      stdout: '0 new, 0 changed, 0 gone, 3 unchanged\n',
      stderr: '',
    })
  })
})
