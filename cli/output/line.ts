/**
 * A text as it can stand in a line: what a destination answered, or a cluster sent, may hold
 * anything, terminal sequences too.
 */
export function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}
