import type { Finding } from './findings.ts'

/**
 * A finding as a command that GitHub Actions shows beside the line.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function annotation(finding: Finding): string {
  const { file, line, column, object, field, message, severity } = finding
  const properties = Object.entries({ file, line, col: column })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${escapeProperty(String(value))}`)
  const text = [object, field, message].filter((part) => (part ?? '') !== '').join(': ')
  return `::${severity} ${properties.join(',')}::${escapeData(text)}\n`
}

/**
 * What the runner reads back.
 * https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
 */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
