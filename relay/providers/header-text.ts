/**
 * A character that a header's value must not contain: RFC 9110, section 5.5. Characters beyond
 * Latin-1 have no bytes there.
 */
const NOT_IN_A_HEADER = /[^\t\x20-\x7e\x80-\xff]/u

/**
 * The reason why no HTTP header can carry a text; undefined when one can. It never shows the text.
 */
export function headerTextError(text: string): string | undefined {
  const [character] = NOT_IN_A_HEADER.exec(text) ?? []
  if (character === undefined) return undefined
  return `holds the character ${codePointName(character)}, which no HTTP header can carry; remove it`
}

/**
 * The name of a character, such as `U+000A`:
 * https://www.unicode.org/versions/latest/core-spec/appendix-a/
 */
function codePointName(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase()
  return `U+${hex.padStart(4, '0')}`
}
