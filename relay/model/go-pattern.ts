import type { PatternToken } from './pattern-tokens.ts'
import {
  UNICODE_CATEGORIES,
  UNICODE_CATEGORY_ALIASES,
  UNICODE_SCRIPTS,
} from './unicode-class-names.ts'

type Translated<T> = T | { readonly error: string }

/**
 * Rewrites a pattern of Go's regexp into one that re2js accepts and that matches the same texts
 * (ADR 0036). Returns an error for some texts that are no patterns of Go; re2js refuses the others.
 * The result is only for tests whether a text matches: groups lose their names, because Go accepts
 * a name twice and re2js does not. https://pkg.go.dev/regexp/syntax
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
        return {
          error: `${text} in brackets cannot be combined with (?i) here; write \\p{Lu}\\p{Ll}\\p{Lt}`,
        }
      }
      parts.push(!isInClass && isCased(property) ? `(?-i:${property})` : property)
    }
  }
  return { pattern: parts.join('') }
}

/**
 * Whether the class is `LC`, the one category for which Go does not ignore case although `(?i)` is
 * set, and re2js does.
 */
function isCased(property: string): boolean {
  return /^\\[pP]\{\^?LC\}$/.test(property)
}

/** The class, with the name that re2js has for it. */
function translateProperty(text: string): Translated<string> {
  const [, letter, caret, name = ''] = /^\\([pP])\{?(\^?)([^}]*)/.exec(text) ?? []
  const known = CLASS_NAMES.get(caselessName(name))
  if (known === undefined) return { error: `${text} does not name a class of characters` }
  return `\\${letter}{${caret}${known}}`
}

/** The name as Go compares it: without case, spaces, underscores and hyphens (Unicode TR18). */
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
