import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleFunction } from '../bundle.ts'
import { FUNCTION_NAMES, type FunctionName } from '../function-names.ts'
import { type CdkContext, packagedTemplate } from './packaged-template.ts'
import { zip } from './zip.ts'

/** The archives and the template that were written, by the names of their files. */
export interface WrittenPackage {
  readonly archives: Readonly<Record<FunctionName, string>>
  readonly template: string
}

/**
 * Writes the archive of each function and the template that names them into the folder. The same
 * sources make the same files. An archive has its content in its name: a template that names another one
 * deploys it.
 */
export function writePackage(folder: string, context: CdkContext): WrittenPackage {
  mkdirSync(folder, { recursive: true })
  const written = FUNCTION_NAMES.map((name) => [name, writeArchive(folder, name)] as const)
  const archives = Object.fromEntries(written) as WrittenPackage['archives']
  const template = 'template.json'
  writeFileSync(
    join(folder, template),
    `${JSON.stringify(packagedTemplate(archives, context), null, 1)}\n`,
  )
  return { archives, template }
}

function writeArchive(folder: string, name: FunctionName): string {
  const built = mkdtempSync(join(tmpdir(), `flux-relay-${name}-`))
  try {
    bundleFunction(name, built)
    const file = 'index.mjs'
    const archive = zip([{ name: file, content: readFileSync(join(built, file)) }])
    const hash = createHash('sha256').update(archive).digest('hex').slice(0, 16)
    const archiveName = `${name}-${hash}.zip`
    writeFileSync(join(folder, archiveName), archive)
    return archiveName
  } finally {
    rmSync(built, { recursive: true })
  }
}
