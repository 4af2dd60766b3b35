import { randomBytes } from 'node:crypto'
import { invalid } from './api-failure.ts'
import { type Fields, textOf } from './api-object.ts'
import type { ResourceType } from './resource-types.ts'

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
const SUBDOMAIN = /^[a-z0-9.-]{1,253}$/

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/** Without vowels, so that they make no words, as the API server's. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789'

/** The name of an object that is made, or one that begins so. Throws `ApiFailure`. */
export function newName(type: ResourceType, metadata: Fields): string {
  const name = textOf(metadata.name)
  const prefix = textOf(metadata.generateName)
  if (name === '' && prefix === '') {
    const why = 'Required value: name or generateName is required'
    throw invalid(type, { kind: type.kind, name, field: 'metadata.name', why })
  }
  if (name !== '') check(type, name, 'metadata.name', name)
  // What is generated may begin with what ends in a dash, but not in a dot.
  else check(type, name, 'metadata.generateName', prefix.replace(/-$/, 'a'))
  return name || `${prefix}${suffix()}`
}

function check(type: ResourceType, name: string, field: string, text: string): void {
  if (SUBDOMAIN.test(text) && text.split('.').every((label) => LABEL.test(label))) return
  const why = `Invalid value: "${text}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'`
  throw invalid(type, { kind: type.kind, name, field, why })
}

function suffix(): string {
  return Array.from(randomBytes(5), (byte) => LETTERS[byte % LETTERS.length]).join('')
}
