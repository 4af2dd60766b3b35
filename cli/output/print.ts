import { onOneLine } from './line.ts'

/** How `get` prints. */
export type OutputFormat = 'table' | 'wide' | 'json' | 'yaml'

/** Writes text that is laid out already to stdout. */
export function print(text: string): void {
  process.stdout.write(text)
}

/** Writes one line to stdout. */
export function printLine(text: string): void {
  print(`${onOneLine(text)}\n`)
}

/** Writes one line to stderr, for what is no part of a command's result. */
export function warnLine(text: string): void {
  process.stderr.write(`${onOneLine(text)}\n`)
}

/** A value as a document of JSON or YAML, in which control characters are escaped. */
export async function formatDocument(value: unknown, format: 'json' | 'yaml'): Promise<string> {
  if (format === 'json') return escapeControls(`${JSON.stringify(value, null, 2)}\n`)
  const { yamlOf } = await import('./yaml.ts')
  return escapeControls(yamlOf(value))
}

/**
 * DEL and C1, which neither writer escapes although a terminal may obey them. Both put a text with
 * one in double quotes, where this escape is right.
 */
function escapeControls(text: string): string {
  return text.replace(/[\u007f-\u009f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`)
}
