import type { ErrorCode } from 'yaml'

const TEXTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  BAD_ALIAS: 'an alias names an anchor that is not defined before it',
  BAD_COLLECTION_TYPE: 'a tag does not fit its value',
  BAD_DIRECTIVE: 'the directive is not known',
  BAD_DQ_ESCAPE: 'a backslash in double quotes starts no known escape',
  BAD_INDENT: 'the indentation does not fit, or a closing bracket is missing',
  BAD_SCALAR_START: 'a plain value cannot start with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping or a list cannot start here',
  BLOCK_IN_FLOW: 'a block cannot stand within brackets or braces',
  KEY_OVER_1024_CHARS: 'a key is longer than 1,024 characters',
  MISSING_CHAR: 'a character is missing, such as a colon, a quote or a closing bracket',
  MULTILINE_IMPLICIT_KEY: 'a key goes over several lines; often a colon is missing',
  NON_STRING_KEY: 'a key is not a string',
  RESOURCE_EXHAUSTION: 'the values are nested too deep',
  TAB_AS_INDENT: 'a tab is used as indentation; YAML takes spaces only',
  TAG_RESOLVE_FAILED: 'the tag is not known, or does not fit its value',
  UNEXPECTED_TOKEN: 'there is something here that does not belong here',
}

/** What is wrong, from the error's code alone: the library's own message may quote the source. */
export function errorText({ code }: { readonly code: ErrorCode }): string {
  return `does not parse: ${TEXTS[code] ?? code}`
}
