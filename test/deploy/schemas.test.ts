import { globSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { schemaFiles } from '../../deploy/crds/json-schemas.ts'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'
import { alertYaml } from '../support/manifest-files.ts'

const ajv = new Ajv({ formats: { int64: true, 'date-time': true } })
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
})
