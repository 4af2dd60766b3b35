import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectPath } from '../../docs/generate/project.ts'

/** The folder of the package that a bundled file is of, below the innermost node_modules. */
const PACKAGE_FOLDER = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/

const LICENSE_FILES = '{LICENSE,LICENCE,license,licence,COPYING,NOTICE}*'

/**
 * The licenses of the packages that bundled files are of, as most of them ask of who passes them on;
 * a text that several have stands once. Throws when a package names no license.
 */
export function thirdPartyLicenses(inputs: readonly string[]): string {
  const folders = new Set(inputs.flatMap((file) => PACKAGE_FOLDER.exec(file) ?? []))
  const users = new Map<string, string[]>()
  for (const folder of [...folders].sort()) {
    const { title, text } = licenseOf(projectPath(folder))
    users.set(text, [...(users.get(text) ?? []), title])
  }
  const parts = [...users].map(([text, titles]) => `${titles.join('\n')}\n\n${text}`.trim())
  const head =
    'The programs in lib/ and console/assets/ contain these packages, under these licenses.'
  return `${[head, ...parts].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

function licenseOf(folder: string): { readonly title: string; readonly text: string } {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (typeof license !== 'string') throw new Error(`${folder}/package.json names no license`)
  const texts = globSync(LICENSE_FILES, { cwd: folder })
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8').trim())
  return { title: `${name} ${version} (${license})`, text: texts.join('\n\n') }
}
