import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadTokens, parseTokens, TokensFileError } from '../../../hosts/embedded/tokens.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const parse = (text: string) => parseTokens(text, 'tokens.yaml')

/** An operator that is a token alone. */
const plain = (token: string) => ({ role: 'operator', tokens: [token] })

function errorOf(text: string): string {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof TokensFileError) return error.message
    throw error
  }
  throw new Error('it was accepted')
}

describe('parseTokens', () => {
  it('takes a token or a list of them', () => {
    expect(parse('operators: op\nclusters: {prod: [a1, a2], dev: b}')).toEqual({
      operators: [plain('op')],
      clusters: new Map([
        ['prod', ['a1', 'a2']],
        ['dev', ['b']],
      ]),
    })
  })

  it('leaves out the line break that YAML gives a token', () => {
    const { operators, clusters } = parse('operators: |\n  op\nclusters: {a: ["x\\n", " y"]}')
    expect({ operators, a: clusters.get('a') }).toEqual({ operators: [plain('op')], a: ['x', 'y'] })
    expect(errorOf('operators: ["x", "x\\n"]')).toContain('operators[1]: the same token')
  })

  it('takes a file with either part alone', () => {
    expect(parse('operators: [op]')).toEqual({ operators: [plain('op')], clusters: new Map() })
    expect(parse('clusters: {a: x}').operators).toEqual([])
  })

  it('takes clusters with their modes beside tokens alone', () => {
    const text = `clusters:
  prod: {token: [a1, a2], observe: true}
  edge: {token: b, observe: false}
  dev: {token: c}
  test: d`
    expect(parse(text)).toEqual({
      operators: [],
      clusters: new Map([
        ['prod', ['a1', 'a2']],
        ['edge', ['b']],
        ['dev', ['c']],
        ['test', ['d']],
      ]),
      observed: new Set(['prod']),
    })
    expect(errorOf('operators: [x]\nclusters: {a: {token: x}}')).toBe(
      'tokens.yaml: clusters.a.token[0]: the same token as operators[0]',
    )
  })

  it('takes operators with names and roles beside tokens alone', () => {
    const text = `operators:
  - op
  - {name: ann, token: [a1, a2], role: operator}
  - {name: on-call-2, token: b, role: viewer}`
    expect(parse(text).operators).toEqual([
      plain('op'),
      { name: 'ann', role: 'operator', tokens: ['a1', 'a2'] },
      { name: 'on-call-2', role: 'viewer', tokens: ['b'] },
    ])
  })

  it('names the other place of an operator’s token, and of a name', () => {
    expect(
      errorOf(
        'operators: [x, {name: ann, token: [y, x], role: viewer}, {name: ann, token: z, role: viewer}]',
      ),
    ).toBe(
      'tokens.yaml: operators[2].name: the same name as operators[1]; token takes a list\n' +
        'tokens.yaml: operators[1].token[1]: the same token as operators[0]',
    )
    expect(errorOf('operators: [{name: ann, token: x, role: viewer}]\nclusters: {a: x}')).toBe(
      'tokens.yaml: clusters.a[0]: the same token as operators[0].token[0]',
    )
  })

  it.each([
    [
      'a cluster without a token',
      'clusters: {a: {observe: true}}',
      'clusters.a.token: expected a token or a list of tokens',
    ],
    [
      'a mode that is none',
      'clusters: {a: {token: hunter2, observe: hunter2}}',
      'clusters.a.observe: expected true or false',
    ],
    [
      'an unknown field of a cluster',
      'clusters: {a: {token: b, hunter2: c}}',
      'clusters.a: unknown field; there are token and observe',
    ],
    [
      'an operator without a role',
      'operators: [{name: a, token: hunter2}]',
      'operators[0].role: expected viewer or operator',
    ],
    [
      'another role',
      'operators: [{name: a, token: b, role: hunter2}]',
      'operators[0].role: expected viewer or operator',
    ],
    [
      'an operator without a token',
      'operators: [{name: a, role: viewer}]',
      'operators[0].token: expected a token or a list of tokens',
    ],
    [
      'a named operator’s number',
      'operators: [{name: a, token: 12345, role: viewer}]',
      'operators[0].token: expected a token',
    ],
    [
      'an operator without a name',
      'operators: [{token: hunter2, role: viewer}]',
      'operators[0].name: expected a name',
    ],
    [
      'a name with a space',
      'operators: [{name: hunter2 x, token: b, role: viewer}]',
      'operators[0].name: expected a DNS label',
    ],
    [
      'a name in capitals',
      'operators: [{name: HUNTER2, token: b, role: viewer}]',
      'operators[0].name: expected a DNS label',
    ],
    [
      'an unknown field of an operator',
      'operators: [{name: a, token: b, role: viewer, hunter2: c}]',
      'operators[0]: unknown field; there are name, token and role',
    ],
    [
      'an operator that is a list',
      'operators: [[hunter2]]',
      'operators[0]: expected a token, or a map',
    ],
    [
      'an operator that is nothing',
      'operators: [null]',
      'operators[0]: expected a token, or a map',
    ],
    [
      'no list of operators',
      'operators: {name: a, token: hunter2, role: viewer}',
      'operators: expected a token or a list of operators',
    ],
    ['no operator at all', 'operators: []', 'operators: expected at least one operator'],
    ['nothing', '', 'expected a map with operators and clusters'],
    ['a list', '- a', 'expected a map with operators and clusters'],
    ['another field', 'operator: hunter2', 'unknown field; there are operators and clusters'],
    ['a number', 'operators: [ok, 12345]', 'operators[1]: expected text'],
    ['an empty token', 'clusters: {a: ["hunter2", ""]}', 'clusters.a[1]: expected a token'],
    ['an empty list', 'clusters: {a: []}', 'clusters.a: expected at least one token'],
    ['no token', 'clusters: {a: }', 'clusters.a: expected a token or a list of tokens'],
    ['an inner space', 'operators: "hunter2 x"', 'operators[0]: expected visible ASCII'],
    ['a map of the wrong shape', 'clusters: [hunter2]', 'clusters: expected a map'],
    ['a name that is no label', 'clusters: {Hunter2_: prod}', 'clusters: each key must be'],
    ['one token of two clusters', 'clusters: {a: [x, hunter2], b: hunter2}', 'clusters.b[0]'],
    ['a token of a cluster and an operator', 'operators: hunter2\nclusters: {b: hunter2}', 'b[0]'],
    ['bad YAML', 'operators: [hunter2', 'not valid YAML at line 1'],
    ['a key twice', 'operators: hunter2\noperators: hunter2', 'not valid YAML at line 2'],
    ['an alias', 'operators: *hunter2', 'an alias leads nowhere'],
  ])('refuses %s, by file and field and without a token', (_, text, message) => {
    const error = errorOf(text)
    expect(error).toMatch(/^tokens\.yaml: /)
    expect(error).toContain(message)
    expect(error.toLowerCase()).not.toContain('hunter2')
  })

  it('prints no warning, which would quote the file', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)
    for (const text of ['operators: [{{hunter2}}]', 'operators: !hunter2']) errorOf(text)
    await new Promise(setImmediate)
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  it('names the other place of a repeated token', () => {
    expect(errorOf('clusters: {a: [x, y], b: y}')).toBe(
      'tokens.yaml: clusters.b[0]: the same token as clusters.a[1]',
    )
  })

  it('stops an alias bomb', () => {
    const levels = ['a: &a [x,x,x,x,x,x,x,x,x,x]']
    for (let n = 1; n < 9; n++) {
      const previous = String.fromCharCode(96 + n)
      const name = String.fromCharCode(97 + n)
      levels.push(`${name}: &${name} [${Array(10).fill(`*${previous}`).join(',')}]`)
    }
    expect(errorOf(levels.join('\n'))).toContain('alias')
  })
})

describe('loadTokens', () => {
  it('reads a file', async () => {
    const file = join(temporaryDirectory(), 'tokens.yaml')
    writeFileSync(file, 'operators: op')
    expect((await loadTokens(file)).operators).toEqual([plain('op')])
  })

  it('names a file that is not there', async () => {
    await expect(loadTokens('/none/tokens.yaml')).rejects.toThrow(/^\/none\/tokens\.yaml: ENOENT/)
  })
})
