import { onOneLine } from './line.ts'

/** A name, and what it stands for; what is undefined or empty is left out. */
export type Field = readonly [name: string, value: string | number | undefined]

/** Fields as lines, the values below each other. */
export function formatFields(fields: readonly Field[]): string {
  const given = fields.filter(([, value]) => value !== undefined && value !== '')
  const width = Math.max(0, ...given.map(([name]) => name.length + 1))
  return given
    .map(([name, value]) => `${`${name}:`.padEnd(width)}   ${onOneLine(String(value))}\n`)
    .join('')
}

/** A heading, and a text of several lines below it; nothing when the text is empty. */
export function formatSection(heading: string, text: string): string {
  if (text.trim() === '') return ''
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${onOneLine(line)}\n`)
  return `\n${heading}:\n${lines.join('')}`
}
