import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { projectPath } from '../../docs/generate/project.ts'
import project from '../../package.json' with { type: 'json' }
import { changelogSection } from '../../release/changelog.ts'
import { requireOneVersion } from '../../release/versions.ts'

const CHANGELOG = `# Changelog

## [Unreleased]

### Added

- What comes next.

## [1.10.0] - 2027-01-08

### Added

- A thing with \`code\`.

### Fixed

- Another.

## [1.1.0] - 2026-12-24

## [1.0.0] - 2026-12-01

- The first.

[1.0.0]: https://example.com/compare
`

describe('the notes of a release', () => {
  it.each([
    ['1.10.0', '### Added\n\n- A thing with `code`.\n\n### Fixed\n\n- Another.\n'],
    ['1.0.0', '- The first.\n'],
  ])('of %s are its section of the changelog', (version, section) => {
    expect(changelogSection(CHANGELOG, version)).toBe(section)
  })

  it.each([
    ['2.0.0', 'CHANGELOG.md has no section "## [2.0.0] - YYYY-MM-DD"'],
    ['1.1.0', 'CHANGELOG.md says nothing of 1.1.0'],
    ['Unreleased', 'CHANGELOG.md has no section "## [Unreleased] - YYYY-MM-DD"'],
    ['1.1', 'CHANGELOG.md has no section "## [1.1] - YYYY-MM-DD"'],
    ['', 'CHANGELOG.md has no section'],
  ])('of %s are missing, and it says so', (version, message) => {
    expect(() => changelogSection(CHANGELOG, version)).toThrow(message)
  })

  it('need one version in all that is released', () => {
    const chart = { file: 'Chart.yaml', version: '1.10.0' }
    expect(() => requireOneVersion('v1.10.0', '1.10.0', [chart])).not.toThrow()
    expect(() => requireOneVersion('1.10.0', '1.10.0', [chart])).toThrow('has to be v1.10.0')
    expect(() => requireOneVersion('v1.11.0', '1.10.0', [chart])).toThrow('the tag is v1.11.0')
    expect(() => requireOneVersion('v1.10.0', '1.10.0', [{ ...chart, version: '1.9.0' }])).toThrow(
      'package.json says 1.10.0, but Chart.yaml says 1.9.0',
    )
  })

  it.each([[`v${project.version}-other`], ['']])(
    'ends with 1 for the tag "%s", in one line',
    (tag) => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        [projectPath('release/notes.ts'), tag],
        { encoding: 'utf8' },
      )
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toBe(
        `the tag is ${tag}, and package.json says ${project.version}: the tag has to be v${project.version}\n`,
      )
    },
  )
})
