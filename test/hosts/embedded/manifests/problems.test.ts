import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manifestErrorText } from '../../../../hosts/embedded/manifests/manifest-error.ts'
import { runsOf } from '../../../support/full-size.ts'
import {
  alertYaml,
  loadFiles,
  namesOf,
  problemTexts,
  secretYaml,
} from '../../../support/manifest-files.ts'

const good = { 'a.yaml': alertYaml('good') }

/** The problems of one file beside a good one, which must load whatever the other holds. */
async function problemsOf(text: string, file = 'x.yaml') {
  const loaded = await loadFiles({ ...good, [file]: text })
  expect(namesOf(loaded)[0]).toBe('Alert/good')
  return problemTexts(loaded)
}

describe('the text of a problem', () => {
  it('names file, line, object, field, and what stays in force', () => {
    const problem = {
      file: 'slack.yaml',
      line: 14,
      column: 7,
      object: 'Alert/flux-system/on-call',
      field: 'spec.eventSources[0].kind',
      message: 'expected string',
      inForce: 'the version loaded at 2026-11-20T09:14:03Z stays in force',
    }
    expect(manifestErrorText(problem)).toBe(
      'slack.yaml:14: Alert/flux-system/on-call: spec.eventSources[0].kind: expected string; the version loaded at 2026-11-20T09:14:03Z stays in force',
    )
  })

  it('names the folder itself by the message alone', () => {
    const text = manifestErrorText({ file: '.', message: '/notifications does not exist (ENOENT)' })
    expect(text).toBe('/notifications does not exist (ENOENT)')
  })

  it('is one line, whatever a file is called', () => {
    const text = manifestErrorText({
      file: 'a\n\u2028\u001b[2Jb.yaml',
      message: 'x'.repeat(9_999),
    })
    expect(text).toMatch(/^a \[2Jb\.yaml: x+…$/)
    expect(text.length).toBeLessThanOrEqual(2_000)
  })
})

describe('what does not validate', () => {
  it('names the line and the column of the field', async () => {
    const text = `# comment\n---\n${alertYaml('first')}---\n${alertYaml('x', 'loud')}`
    const loaded = await loadFiles({ 'x.yaml': text })
    expect(namesOf(loaded)).toEqual(['Alert/first'])
    expect(loaded.problems).toEqual([
      {
        file: 'x.yaml',
        line: 24,
        column: 3,
        object: 'Alert/flux-system/x',
        field: 'spec.eventSeverity',
        message: expect.stringContaining('info'),
      },
    ])
  })

  it.each([
    [
      'a missing field: of what should hold it',
      alertYaml('x').replace("      name: '*'\n", ''),
      /^x\.yaml:11: Alert\/flux-system\/x: spec\.eventSources\[0\]\.name: /,
    ],
    [
      'a missing part: of its parent',
      alertYaml('x').replace(/ {2}eventSources:[\s\S]*/, ''),
      /^x\.yaml:6: Alert\/flux-system\/x: spec\.eventSources: /,
    ],
    [
      'keys with dots',
      `${alertYaml('x')}  eventMetadata:\n    a: b\n    a.b/c[0]: d\n    a.b/c[0].d: [1]\n`,
      /^x\.yaml:16: Alert\/flux-system\/x: spec\.eventMetadata\.a\.b\/c\[0\]\.d: /,
    ],
    ['a missing name', alertYaml('x').replace('  name: x\n', ''), /^x\.yaml:3: metadata\.name: /],
    [
      'a missing kind',
      alertYaml('x').replace('kind: Alert\n', ''),
      /^x\.yaml:1: kind: expected a kind such as Alert$/,
    ],
    [
      'a wrong kind',
      alertYaml('x').replace('Alert', 'Alerts'),
      /^x\.yaml:2: kind: .*expected Alert or Provider$/,
    ],
    [
      'a missing apiVersion',
      alertYaml('x').replace(/^.*\n/, ''),
      /^x\.yaml:1: Alert\/flux-system\/x: apiVersion: expected notification/,
    ],
    [
      'a group with a typing error',
      alertYaml('x').replace('notification.', 'notifications.'),
      /^x\.yaml:1: Alert\/flux-system\/x: apiVersion: expected notification\.toolkit\.fluxcd\.io\/v1/,
    ],
    [
      'a group without a version',
      alertYaml('x').replace('/v1beta3', ''),
      /^x\.yaml:1: Alert\/flux-system\/x: apiVersion: expected notification\.toolkit/,
    ],
    [
      'a version without a group',
      alertYaml('x').replace('notification.toolkit.fluxcd.io/', ''),
      /^x\.yaml:1: Alert\/flux-system\/x: apiVersion: expected notification\.toolkit/,
    ],
    [
      'the group of Silences on an Alert',
      alertYaml('x').replace('notification.toolkit.fluxcd.io', 'flux-relay.io'),
      /^x\.yaml:1: Alert\/flux-system\/x: apiVersion: expected notification\.toolkit/,
    ],
    [
      'the group of Alerts on a Silence',
      alertYaml('x').replace('Alert', 'Silence'),
      /^x\.yaml:1: Silence\/flux-system\/x: apiVersion: expected flux-relay\.io\/v1alpha1$/,
    ],
    [
      'a Secret of no version that there is',
      secretYaml('s', 'data: {}').replace('v1', 'v1beta1'),
      /^x\.yaml:1: Secret\/flux-system\/s: apiVersion: expected v1$/,
    ],
    [
      'a Secret in lower case',
      secretYaml('s', 'data: {}').replace('Secret', 'secret'),
      /^x\.yaml:2: kind: expected Secret$/,
    ],
    [
      'a List in lower case',
      'apiVersion: v1\nkind: list\nitems: []\n',
      /^x\.yaml:2: kind: expected List$/,
    ],
    [
      'a wrong kind without apiVersion',
      alertYaml('x').replace(/^.*\nkind: Alert/, 'kind: alert'),
      /^x\.yaml:1: kind: expected Alert$/,
    ],
    [
      'an unsupported version',
      alertYaml('x').replace('v1beta3', 'v2'),
      /^x\.yaml:1: Alert\/flux-system\/x: apiVersion: .*not supported; expected notification\.toolkit\.fluxcd\.io\/v1beta1 \(or v1beta2, v1beta3, v1\)$/,
    ],
    [
      'an array',
      `[{}, {}]`,
      /^x\.yaml:1: expected one object; put several into the items of a List/,
    ],
    ['a scalar', 'hello', /^x\.yaml:1: expected a Kubernetes object/],
    ['a List without items', 'apiVersion: v1\nkind: List', /^x\.yaml:1: items: expected a list$/],
    [
      'an item of a List',
      `apiVersion: v1\nkind: List\nitems:\n- kind: ConfigMap\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s}\n  data:\n    token: 5\n`,
      /^x\.yaml:9: Secret\/default\/s: data\.token: /,
    ],
  ])('%s', async (_, text, expected) => {
    expect(await problemsOf(text)).toEqual([expect.stringMatching(expected)])
  })

  it('every field of an object, up to ten', async () => {
    const text = alertYaml('x', 'loud').replace('name: slack', 'name: 5')
    expect((await problemsOf(text)).length).toBe(2)
  })

  it('says that a field is missing, and what a choice is between', async () => {
    const text = alertYaml('x', 'loud').replace("name: '*'", "namespace: '*'")
    expect(await problemsOf(text)).toEqual([
      expect.stringMatching(/: spec\.eventSeverity: expected info or error$/),
      expect.stringMatching(/: spec\.eventSources\[0\]\.name: is missing, expected string$/),
    ])
  })

  it('many problems of one file are counted', async () => {
    const problems = await problemsOf('---\nx\n'.repeat(150))
    expect(problems).toHaveLength(101)
    expect(problems.at(-1)).toBe('x.yaml: 50 more problems are not listed')
  })
})

describe('what does not parse', () => {
  const deep = (open: string, close: string) => open.repeat(5_000) + close.repeat(5_000)
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from('bcdefghi', (name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`)}]`).join('\n')}\n`
  const mergeBomb = bomb
    .replaceAll('[x,x,x,x,x,x,x,x,x]', '{x: y}')
    .replaceAll(/: &(\w) \[/g, ': &$1\n  <<: [')

  it.each([
    ['a tab', 'a:\n\tb: c', /^x\.yaml:2: does not parse: /],
    ['an open bracket', 'a: [b', /^x\.yaml:1: does not parse: .*a closing bracket is missing/],
    [
      'a key twice',
      `${alertYaml('x')}kind: Alert\n`,
      /^x\.yaml:13: Alert\/flux-system\/x: does not parse: the same key is twice/,
    ],
    [
      'a key twice, once as a number',
      'kind: x\nm: {1: a, "1": b}',
      /^x\.yaml:2: .*the same key is twice/,
    ],
    [
      'an alias to nothing',
      `${alertYaml('x')}x: *nothing`,
      /^x\.yaml:13: .*an anchor that is not defined before it/,
    ],
    ['a tag', `${alertYaml('x')}x: !!int x`, /^x\.yaml:13: .*the value is not what its tag says/],
    [
      'a number that is too large',
      `${alertYaml('x')}x: 123e4567`,
      /^x\.yaml:13: Alert\/flux-system\/x: .*a number that is too large; .*put it in quotes$/,
    ],
    ['no number', `${alertYaml('x')}x: .nan`, /^x\.yaml:13: .*no such number; .*put it in quotes$/],
    ['a null key', `${alertYaml('x')}x: {~: a}`, /^x\.yaml:13: .*put it in quotes$/],
    ['bytes', `${alertYaml('x')}x: !!binary //8=`, /^x\.yaml:13: .*!!binary is not UTF-8 text$/],
    ['a merge of no mapping', `${alertYaml('x')}x: {<<: 1}`, /^x\.yaml:13: .*merges no mapping$/],
    [
      'a name with a line break',
      alertYaml('x').replace('name: x', 'name: "x\n y"'),
      /^x\.yaml:4: metadata\.name: expected a name such as flux-system$/,
    ],
    ['deep brackets', `kind: List\nx: ${deep('[', ']')}`, /nested too deep/],
    [
      'somewhat deep brackets',
      `kind: List\nx: ${'['.repeat(150)}${']'.repeat(150)}`,
      /nested deeper than 100 levels/,
    ],
    [
      'a value that holds itself',
      `${alertYaml('x')}x: &x [*x]`,
      /^x\.yaml:13: .*an alias is inside the value that it names/,
    ],
    ['an alias bomb', `kind: List\n${bomb}`, /its aliases expand to too much/],
    ['a merge bomb, which makes one key', `kind: List\n${mergeBomb}`, /items: expected a list/],
    [
      'merges of many keys',
      `kind: List\na: &a {${Array.from({ length: 5_000 }, (_, key) => `k${key}: 1`).join(', ')}}\nb: [${Array(60).fill('{<<: *a}').join(', ')}]`,
      /^x\.yaml:3: .*it merges too much/,
    ],
    [
      'many aliases',
      `kind: List\na: &a x\nb: [${Array(101).fill('*a')}]`,
      /^x\.yaml:3: .*uses more than 100 aliases/,
    ],
    [
      'large aliases',
      `kind: List\na: &a ${'x'.repeat(1_000_000)}\nb: [${Array(20).fill('*a')}]`,
      /its aliases expand to too much/,
    ],
  ])('%s', async (_, text, expected) => {
    const before = process.cpuUsage()
    expect(await problemsOf(text)).toEqual([expect.stringMatching(expected)])
    // Processor time: what others do on the machine is not counted.
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(5_000)
  })

  it('a broken document does not stop the others of its file', async () => {
    const text = `${alertYaml('b')}---\na: "open\n---\n${alertYaml('c')}---\n{ [\n---\n${alertYaml('d')}`
    const loaded = await loadFiles({ 'x.yaml': text })
    expect(namesOf(loaded)).toEqual(['Alert/b', 'Alert/c', 'Alert/d'])
    expect(loaded.problems.map(({ line }) => line)).toEqual([14, 29])
  })
})

describe('two objects with one name', () => {
  it('the first in path order stays, and the problem names both places', async () => {
    const loaded = await loadFiles({
      'b.yaml': alertYaml('x', 'error').replace('v1beta3', 'v1beta1'),
      'a.yaml': `---\n${alertYaml('x')}---\n${alertYaml('x', 'error')}`,
      's.yaml': `${secretYaml('s', 'stringData: {k: first}')}---\n${secretYaml('s', 'stringData: {k: second}')}`,
    })
    expect(loaded.manifests).toMatchObject([{ spec: { eventSeverity: 'info' } }])
    expect(loaded.secrets.get('flux-system/s')).toEqual({ k: 'first' })
    expect(problemTexts(loaded)).toEqual([
      'a.yaml:15: Alert/flux-system/x: is already defined at a.yaml:2; this second one is refused',
      'b.yaml:1: Alert/flux-system/x: is already defined at a.yaml:2; this second one is refused',
      's.yaml:8: Secret/flux-system/s: is already defined at s.yaml:1; this second one is refused',
    ])
  })

  it('another namespace or kind is another name', async () => {
    const loaded = await loadFiles({
      'a.yaml': `${alertYaml('x')}---\n${alertYaml('x').replace('flux-system', 'apps')}---\n${secretYaml('x', '')}`,
    })
    expect(problemTexts(loaded)).toEqual([])
    expect(loaded.manifests).toHaveLength(2)
  })
})

describe('Secrets', () => {
  const VALUE = 's3cr3tvalue'

  it.each([
    [
      'data that is no base64',
      `data:\n  token: <${VALUE}>`,
      /^x\.yaml:7: Secret\/flux-system\/s: data\.token: expected base64/,
    ],
    [
      'a number',
      `stringData:\n  token: 5${VALUE.length}`,
      /^x\.yaml:7: .*stringData\.token: expected string/,
    ],
    ['one value in place of the map', `stringData: ${VALUE}`, /^x\.yaml:6: .*stringData: /],
    [
      'a value in place of a key',
      `stringData:\n  https://hooks/${VALUE}:`,
      /^x\.yaml:6: .*stringData: /,
    ],
    ['an open quote', `stringData:\n  token: "${VALUE}`, /does not parse/],
    ['an open quote above', `stringData: {"${VALUE}`, /does not parse/],
    ['a bad escape', `stringData:\n  token: "\\${VALUE}"`, /does not parse/],
    ['a bad start', `stringData:\n  token: @${VALUE}`, /does not parse/],
    ['a tag', `stringData:\n  token: !!int ${VALUE}`, /the value is not what its tag says/],
    ['an alias', `stringData:\n  token: *${VALUE}`, /an anchor/],
    ['a key twice', `stringData:\n  ${VALUE}: x\n  ${VALUE}: x`, /same key/],
    ['a wrong indentation', `stringData:\n    token: x\n  ${VALUE}: y`, /does not parse/],
    ['trailing text', `stringData: {token: x} ${VALUE}`, /does not parse/],
  ])('%s: a problem that holds no value', async (_, body, expected) => {
    const problems = await problemsOf(secretYaml('s', body))
    expect(problems).toEqual([expect.stringMatching(expected)])
    expect(problems.join()).not.toContain(VALUE)
  })

  it('any slip in a Secret: a problem that holds no value', async () => {
    const text = `${secretYaml('s', `stringData:\n  address: https://hooks/${VALUE}\n  token: "${VALUE}"\ndata:\n  k: ${VALUE}!`)}`
    const slip = fc.record({
      at: fc.nat(text.length),
      cut: fc.nat(3),
      put: fc.constantFrom(
        '',
        '"',
        "'",
        '[',
        '{',
        '*',
        '&',
        '!',
        '|',
        '@',
        ': ',
        '\n',
        '\t',
        '---',
        '\\',
      ),
    })
    await fc.assert(
      fc.asyncProperty(slip, async ({ at, cut, put }) => {
        const loaded = await loadFiles({ 'x.yaml': text.slice(0, at) + put + text.slice(at + cut) })
        expect(JSON.stringify(loaded.problems)).not.toContain(VALUE)
        expect(problemTexts(loaded).join()).not.toContain(VALUE)
      }),
      { numRuns: runsOf(60) },
    )
  })

  it('a name that swallowed the rest of the manifest is not shown', async () => {
    const text = `apiVersion: v1\nkind: Secret\nmetadata:\n  name: "s\nstringData:\n  token: ${VALUE}"\n  x: 5`
    const problems = await problemsOf(text)
    expect(problems).not.toEqual([])
    expect(problems.join()).not.toContain(VALUE)
  })

  it.each([
    ['its values', 'kind: Secret', 'Secret/flux-system/s: is encrypted by SOPS; decrypt it first'],
    ['the whole', 'kind: ENC[AES256_GCM,data:abc]', 'kind: is encrypted by SOPS; decrypt it first'],
  ])('encrypted by SOPS: %s', async (_, kind, expected) => {
    const body = `stringData:\n  token: ENC[AES256_GCM,data:abc]\nsops:\n  mac: ENC[x]`
    const text = secretYaml('s', body).replace('kind: Secret', kind)
    expect(await problemsOf(text)).toEqual([expect.stringContaining(expected)])
  })
})
