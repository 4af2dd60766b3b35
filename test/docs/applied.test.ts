import { globSync, statSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'

/** Holds placeholders, for manifests folders only. */
const SECRETS = 'examples/secrets/'

function kindsIn(file: string): readonly unknown[] {
  return parseAllDocuments(readProjectFile(file)).flatMap((document) => {
    const value = document.toJS() as { kind?: unknown; items?: readonly { kind?: unknown }[] }
    return [value?.kind, ...(value?.items ?? []).map(({ kind }) => kind)]
  })
}

/** What `kubectl apply -f` or `flux-relay apply -f` reads of a path, subfolders included. */
function filesOf(path: string): readonly string[] {
  if (statSync(projectPath(path)).isFile()) return [path]
  return globSync(`${path}/**/*.{yaml,yml,json}`, { cwd: projectPath('.') })
}

/** Paths of this project that the docs tell to apply. */
function appliedPaths(page: string): readonly string[] {
  const commands = readProjectFile(page).matchAll(/\bapply\b[^\n`]*? -[fk] ?([\w./-]+)/g)
  return [...commands]
    .map(([, path = '']) => path)
    .filter((path) => /^(examples|deploy)\b/.test(path))
}

const PAGES = globSync(['*.md', 'docs/**/*.md'], { cwd: projectPath('.') })

// A Secret of an example holds placeholders, and would take the place of the real one.
describe('what is applied', () => {
  it('is found in the docs', () => {
    expect(PAGES.flatMap(appliedPaths)).toEqual(
      expect.arrayContaining(['examples/guide', 'examples/guide/slack.yaml', 'deploy/crds']),
    )
  })

  it('holds no Secret, wherever the docs tell to apply it', () => {
    const files = PAGES.flatMap(appliedPaths).flatMap(filesOf)
    expect(files.filter((file) => kindsIn(file).includes('Secret'))).toEqual([])
  })

  it('is no Secret with a placeholder in a page, but for those of manifests folders', () => {
    const pages = PAGES.filter((page) => !page.startsWith('docs/providers/'))
    expect(pages.filter((page) => /^kind: Secret$/m.test(readProjectFile(page)))).toEqual([])
  })

  it('holds none in any example or deployment that somebody may apply unasked', () => {
    const files = globSync('{examples,deploy}/**/*.{yaml,yml,json}', {
      cwd: projectPath('.'),
      exclude: ['deploy/charts/*/templates/**'],
    })
    const withSecret = files.filter((file) => kindsIn(file).includes('Secret'))
    expect(withSecret.length).toBeGreaterThan(30)
    expect(withSecret.filter((file) => !file.startsWith(SECRETS))).toEqual([])
  })

  it('is warned of in each file that does', () => {
    const files = globSync(`${SECRETS}**/*.yaml`, { cwd: projectPath('.') })
    expect(files.filter((file) => kindsIn(file).some((kind) => kind !== 'Secret'))).toEqual([])
    expect(files.filter((file) => !/^# .*Do not apply it/.test(readProjectFile(file)))).toEqual([])
  })
})
