import { chmodSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HTMX_FILES, HTMX_FOLDER } from '../../console/assets.ts'
import { projectPath } from '../../docs/generate/project.ts'
import { bundlePrograms } from '../../lib/bundle.ts'
import { CONTENTS, packageManifest } from './manifest.ts'
import { PROGRAMS } from './programs.ts'
import { thirdPartyLicenses } from './third-party-licenses.ts'

/** Pages for those who change flux-relay; and the examples that need a clone. */
const NOT_FOR_USERS =
  /\/docs\/(?:adr|generate|providers\/about|testing\.md|performance\.md)(?:\/|$)/

/** Made here; the rest of `CONTENTS` is the project's. */
const MADE: ReadonlySet<string> = new Set(['bin', 'lib', 'THIRD-PARTY-LICENSES.txt'])

/**
 * Writes the package that is published into the folder, in the place of what is there. The same sources
 * make the same files. Rejects for what esbuild cannot build.
 */
export async function writeNpmPackage(
  folder: string,
  repository: string | undefined,
): Promise<void> {
  const { files, inputs } = await bundlePrograms(PROGRAMS)
  rmSync(folder, { recursive: true, force: true })
  for (const name of ['bin', 'lib']) mkdirSync(join(folder, name), { recursive: true })
  for (const { name, contents } of files) writeFileSync(join(folder, 'lib', name), contents)
  const program = join(folder, 'bin/flux-relay.cjs')
  cpSync(projectPath('deploy/npm/flux-relay.cjs'), program)
  chmodSync(program, 0o755)
  for (const name of CONTENTS.filter((each) => !MADE.has(each))) {
    const filter = (source: string) => !NOT_FOR_USERS.test(source)
    cpSync(projectPath(name), join(folder, name), { recursive: true, filter })
  }
  const htmx = Object.entries(HTMX_FILES).map(([name, place]) => {
    const file = fileURLToPath(new URL(place, HTMX_FOLDER))
    cpSync(file, join(folder, 'console/assets', name))
    return file
  })
  const licenses = thirdPartyLicenses([...inputs, ...htmx])
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licenses)
  const manifest = `${JSON.stringify(packageManifest(repository), null, 2)}\n`
  writeFileSync(join(folder, 'package.json'), manifest)
}
