import { globSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { schemaFiles } from '../../deploy/crds/json-schemas.ts'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'
import { parseTokensFile, TokensFileError } from '../../hosts/embedded/tokens.ts'
import { DeploymentSettingsError, parseDeploymentSettings } from '../../lib/deployment-settings.ts'
import { compileRules } from '../../relay/pipeline/rules/rules.ts'
import { alertYaml } from '../support/manifest-files.ts'

const ajv = new Ajv({ formats: { int64: true, 'date-time': true, email: true } })
const validators = new Map(
  schemaFiles().map(({ name, text }) => [name, ajv.compile(JSON.parse(text))]),
)

function problems(value: unknown, name = 'manifests.schema.json') {
  const validate = validators.get(name)
  if (!validate) throw new Error(`there is no ${name}`)
  validate(value)
  return (validate.errors ?? [])
    .filter(({ keyword }) => keyword !== 'if')
    .map(({ instancePath, message }) => `${instancePath} ${message}`)
}

describe('the values of rules', () => {
  const takes = (name: string, value: string) => {
    const alert = parse(alertYaml('rules'))
    alert.metadata.annotations = { [`flux-relay.io/${name}`]: value }
    return problems(alert, 'alert.schema.json').length === 0
  }
  const relayTakes = (name: string, value: string) =>
    compileRules('Alert', { [name]: value }).errors.length === 0

  it.each(['only', 'after', 'remind', 'group-max'] as const)(
    '%s: are refused in no other form than by the relay',
    (name) => {
      for (const value of [
        'failures',
        ' changes',
        '3 times',
        '10m',
        '1h30m\n',
        '1.5h',
        '2d',
        '1d12h',
      ]) {
        const others: Record<string, string> =
          name === 'group-max' ? { 'group-by': "'all'", 'group-wait': '1s' } : {}
        const isRight = compileRules('Alert', { [name]: value, ...others }).errors.length === 0
        if (isRight) expect(takes(name, value), value).toBe(true)
      }
    },
  )

  it.each([
    ['only', 'failure'],
    ['after', '10'],
    ['after', '3times'],
    ['remind', '4'],
    ['remind', '4 h'],
    ['group-wait', '30'],
    ['group-wait', 'always'],
    ['group-max', '5 minutes'],
  ])('%s: %j is refused', (name, value) => {
    expect(takes(name, value)).toBe(false)
    expect(relayTakes(name, value)).toBe(false)
  })
})

describe('the JSON Schemas', () => {
  it.each(schemaFiles())('$name is what the model says', ({ name, text }) => {
    expect(readProjectFile(`deploy/schemas/${name}`), 'run `npm run crds`').toBe(text)
  })

  it('take every example', () => {
    const objects = globSync('examples/**/*.yaml', { cwd: projectPath('.') })
      .flatMap((file) => parseAllDocuments(readProjectFile(file)))
      .map((document) => document.toJS())
    expect(objects.length).toBeGreaterThan(60)
    expect(objects.flatMap((object) => problems(object))).toEqual([])
  })

  it.each(globSync('examples/{providers,guide,quickstart}/*.yaml', { cwd: projectPath('.') }))(
    'are named by the first line of %s',
    (file) => {
      const [, path = ''] =
        /^# yaml-language-server: \$schema=(\S+)\n/.exec(readProjectFile(file)) ?? []
      const schema = relative(projectPath('.'), resolve(dirname(projectPath(file)), path))
      expect(schema).toBe('deploy/schemas/manifests.schema.json')
    },
  )

  it.each([
    [
      'an unknown field',
      ['eventSeverity: info', 'eventSeverty: info'],
      '/spec must NOT have additional',
    ],
    [
      'an unknown field of a source',
      ["name: '*'", 'name: a\n      names: b'],
      '/spec/eventSources/0 must NOT',
    ],
    [
      'a wrong value',
      ['severity: info', 'severity: loud'].map((t) => t.replace('s', 'eventS')),
      '/spec/eventSeverity must',
    ],
    ['an unknown version', ['v1beta3', 'v9'], '/apiVersion must be equal'],
    ['a missing name', ['  name: on-call\n', ''], "/metadata must have required property 'name'"],
  ])('refuse %s', (_, [from = '', to = ''], problem) => {
    const alert = parse(alertYaml('on-call').replace(from, to))
    expect(problems(alert)).toEqual([expect.stringContaining(problem)])
    expect(problems(alert, 'alert.schema.json')).toEqual([expect.stringContaining(problem)])
  })

  const withAnnotations = (kind: string, annotations: unknown) => ({
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind,
    metadata: { name: 'a', annotations },
    spec:
      kind === 'Alert'
        ? { providerRef: { name: 'a' }, eventSources: [{ kind: 'HelmRelease', name: '*' }] }
        : { type: 'nats' },
  })

  it.each([
    ['Alert', { 'flux-relay.io/when': 'true', 'flux-relay.io/namespaces': '*' }],
    ['Provider', { 'flux-relay.io/when': 'true', 'flux-relay.io/jetstream': 'true' }],
    ['Provider', { 'example.com/anything': 'x', plain: 'y' }],
    ['Alert', null],
  ])('take on %s the annotations %j', (kind, annotations) => {
    expect(problems(withAnnotations(kind, annotations))).toEqual([])
  })

  it.each([
    ['Alert', { 'flux-relay.io/wen': 'true' }],
    ['Alert', { 'flux-relay.io/jetstream': 'true' }],
    ['Provider', { 'flux-relay.io/namespaces': '*' }],
    ['Provider', { 'flux-relay.io/jetstream': true }],
    ['Provider', { 'example.com/anything': 1 }],
  ])('refuse on %s the annotations %j', (kind, annotations) => {
    expect(problems(withAnnotations(kind, annotations))).toContainEqual(
      expect.stringContaining('/metadata/annotations'),
    )
  })
})

describe('the JSON Schema of the tokens file', () => {
  it.each([
    'operators: op',
    'operators: [op]',
    'operators: |\n  op\nclusters: {a: ["x\\n"]}',
    'clusters: {prod: [a1, a2], dev: b}',
    'clusters: {prod: {token: a, observe: true}, dev: {token: [b, c]}}',
    'operators: [op, {name: ann, token: [a1, a2], role: operator}, {name: b-2, token: c, role: viewer}]',
    'retired: {old: {at: 2026-11-20T09:14:03Z, tokens: x, observe: true}}',
    '{}',
  ])('takes what the relay takes: %s', (text) => {
    expect(() => parseTokensFile(text, 'tokens.yaml')).not.toThrow()
    expect(problems(parse(text), 'tokens.schema.json')).toEqual([])
  })

  it.each([
    'operators: []',
    'operators: [12345]',
    'operators: [a b]',
    'operators: [""]',
    'operators: [null]',
    'operators: [[a]]',
    'operators: [{name: a, token: b}]',
    'operators: [{name: A, token: b, role: viewer}]',
    'operators: [{name: a, token: [], role: viewer}]',
    'operators: [{name: a, token: b, role: admin}]',
    'operators: [{name: a, token: b, role: viewer, other: c}]',
    'clusters: [a]',
    'clusters: {Prod: a}',
    'clusters: {prod: []}',
    'clusters: {prod: 12}',
    'clusters: {prod: {observe: true}}',
    'clusters: {prod: {token: a, observe: 1}}',
    'clusters: {prod: {token: a, other: b}}',
    'retired: {old: {tokens: x}}',
    'operator: x',
    '[]',
  ])('refuses what the relay refuses: %s', (text) => {
    expect(() => parseTokensFile(text, 'tokens.yaml')).toThrow(TokensFileError)
    expect(problems(parse(text), 'tokens.schema.json')).not.toEqual([])
  })
})

describe('the JSON Schema of cdk.json', () => {
  const cdk = JSON.parse(readProjectFile('cdk.json'))
  const withSetting = (name: string, value: unknown) => ({
    context: { 'flux-relay': { [name]: value } },
  })

  it('takes ours, which names it', () => {
    expect(problems(cdk, 'cdk.schema.json')).toEqual([])
    expect(cdk.$schema).toBe('./deploy/schemas/cdk.schema.json')
  })

  it.each([
    ['retentionDays', 8],
    ['retentionDay', 7],
    ['alarms', { Loud: 1 }],
    ['tracing', 'yes'],
  ])('refuses %s: %j', (name, value) => {
    expect(problems(withSetting(name, value), 'cdk.schema.json')).not.toEqual([])
    expect(() => parseDeploymentSettings({ [name]: value })).toThrow(DeploymentSettingsError)
  })
})
