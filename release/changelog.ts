/**
 * What the changelog says of a version, without the heading. Throws when it has no section
 * `## [VERSION] - DATE`, or when nothing stands in it.
 */
export function changelogSection(changelog: string, version: string): string {
  const heading = `## [${version}] - `
  const lines = changelog.split('\n')
  const start = lines.findIndex((line) => line.startsWith(heading))
  const date = lines[start]?.slice(heading.length) ?? ''
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date)) {
    throw new Error(
      `CHANGELOG.md has no section "${heading}YYYY-MM-DD": rename [Unreleased] to it, and begin a new one`,
    )
  }
  const end = lines.findIndex((line, index) => index > start && /^(?:## |\[.+\]: )/.test(line))
  const section = lines.slice(start + 1, end === -1 ? undefined : end).join('\n')
  const isEmpty = section.split('\n').every((line) => line === '' || line.startsWith('#'))
  if (isEmpty) throw new Error(`CHANGELOG.md says nothing of ${version}`)
  return `${section.trim()}\n`
}
