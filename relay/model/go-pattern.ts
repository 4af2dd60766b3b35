import type { PatternToken } from './pattern-tokens.ts'
import {
  UNICODE_CATEGORIES,
  UNICODE_CATEGORY_ALIASES,
  UNICODE_SCRIPTS,
} from './unicode-class-names.ts'

type Translated<T> = T | { readonly error: string }

/**
 * Rewrites a pattern of Go's regexp into one that re2js takes and that matches the same texts (ADR
 * 0036). What is no pattern of Go is told, or left for re2js to refuse. Only for tests of a match:
 * groups lose their names, because Go takes a name twice and re2js does not.
 * https://pkg.go.dev/regexp/syntax
 */
export function translateGoPattern(
  tokens: readonly PatternToken[],
): Translated<{ readonly pattern: string }> {
  const foldsCase = /\(\?[a-zA-Z-]*i/.test(tokens.map(({ text }) => text).join(''))
  const parts: string[] = []
  for (const { text, isInClass } of tokens) {
    if (/^\(\?P?</.test(text)) parts.push('(')
    else if (!/^\\[pP]/.test(text)) parts.push(text)
    else {
      const property = translateProperty(text)
      if (typeof property !== 'string') return property
      if (isInClass && foldsCase && isCased(property)) {
        return { error: `${text} in brackets goes with no (?i) here; write \\p{Lu}\\p{Ll}\\p{Lt}` }
      }
      parts.push(!isInClass && isCased(property) ? `(?-i:${property})` : property)
    }
  }
  return { pattern: parts.join('') }
}

/** Of this one category Go folds no case, and re2js does. */
function isCased(property: string): boolean {
  return /^\\[pP]\{\^?LC\}$/.test(property)
}

/** The class by the name that re2js has for it. */
function translateProperty(text: string): Translated<string> {
  const [, letter, caret, name = ''] = /^\\([pP])\{?(\^?)([^}]*)/.exec(text) ?? []
  const known = CLASS_NAMES.get(caselessName(name))
  if (known === undefined) return { error: `${text} names no class of characters` }
  return `\\${letter}{${caret}${known}}`
}

/** Go ignores case, spaces, underscores and hyphens, as Unicode TR18 has it. */
function caselessName(name: string): string {
  return name.replace(/[ _-]/g, '').replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

const CLASS_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Any: 'Any',
    Assigned: 'Assigned',
    ASCII: 'Ascii',
    ...Object.fromEntries([...UNICODE_CATEGORIES, ...UNICODE_SCRIPTS].map((name) => [name, name])),
    ...UNICODE_CATEGORY_ALIASES,
  }).map(([name, known]) => [caselessName(name), known]),
)
