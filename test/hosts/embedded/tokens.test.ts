import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadTokens, parseTokens, TokensFileError } from '../../../hosts/embedded/tokens.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const parse = (text: string) => parseTokens(text, 'tokens.yaml')

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
      operators: ['op'],
      clusters: new Map([
        ['prod', ['a1', 'a2']],
        ['dev', ['b']],
      ]),
    })
  })

  it('leaves out the line break that YAML gives a token', () => {
    const { operators, clusters } = parse('operators: |\n  op\nclusters: {a: ["x\\n", " y"]}')
    expect({ operators, a: clusters.get('a') }).toEqual({ operators: ['op'], a: ['x', 'y'] })
    expect(errorOf('operators: ["x", "x\\n"]')).toContain('operators[1]: the same token')
  })

  it('takes a file with either part alone', () => {
    expect(parse('operators: [op]')).toEqual({ operators: ['op'], clusters: new Map() })
    expect(parse('clusters: {a: x}').operators).toEqual([])
  })

  it.each([
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
    expect((await loadTokens(file)).operators).toEqual(['op'])
  })

  it('names a file that is not there', async () => {
    await expect(loadTokens('/none/tokens.yaml')).rejects.toThrow(/^\/none\/tokens\.yaml: ENOENT/)
  })
})
