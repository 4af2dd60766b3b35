import { compileTemplate, type Template } from '../../cel/template.ts'
import { RuleError } from './rule-error.ts'

/** The most fields of one rule, and the longest name of one, in UTF-16 units. */
const MAX_FIELDS = 20
const MAX_NAME_LENGTH = 80

/** The key by which a comment finds its change request; it is no text for people. */
const CHANGE_REQUEST = 'change_request'

/** A field of a message. */
export interface Field {
  /** The key of the metadata that it replaces, or adds. */
  readonly name: string
  readonly text: Template
}

/** Compiles fields: one `NAME: TEXT` on each line. Throws `CelError` and `RuleError`. */
export function compileFields(source: string): readonly Field[] {
  const lines = source.split('\n').filter((line) => line.trim() !== '')
  if (lines.length > MAX_FIELDS) throw new RuleError(`expected at most ${MAX_FIELDS} fields`)
  const fields = lines.map(compileField)
  const names = fields.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new RuleError(`there are two fields ${JSON.stringify(twice)}`)
  return fields
}

function compileField(line: string): Field {
  const colon = line.indexOf(':')
  const name = colon < 0 ? '' : line.slice(0, colon).trim()
  if (name === '' || name.includes('$')) {
    throw new RuleError(
      `expected a line NAME: TEXT such as cluster: $(cluster); ${JSON.stringify(line.trim())} is none`,
    )
  }
  if (name.length > MAX_NAME_LENGTH) {
    throw new RuleError(`expected names of at most ${MAX_NAME_LENGTH} characters`)
  }
  if (name === CHANGE_REQUEST) {
    throw new RuleError(`${CHANGE_REQUEST} names the change request, and is no field`)
  }
  return { name, text: compileTemplate(line.slice(colon + 1).trim()) }
}
