import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { bundleShipper } from '../../deploy/image/bundle.ts'
import { CONTENTS } from '../../deploy/npm/manifest.ts'
import { PROGRAMS } from '../../deploy/npm/programs.ts'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'
import { bundlePrograms } from '../../lib/bundle.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** What of the project reaches the build of the images. */
const letIn = readProjectFile('.dockerignore')
  .split('\n')
  .filter((line) => line.startsWith('!'))
  .map((line) => line.slice(1))

function missing(files: readonly string[]): readonly string[] {
  const own = files.filter((file) => !file.startsWith('node_modules/'))
  expect(own.length).toBeGreaterThan(0)
  return own.filter((file) => !letIn.some((name) => file === name || file.startsWith(`${name}/`)))
}

/** The files that a program imports, from the project's folder. */
async function modulesOf(entry: string): Promise<readonly string[]> {
  const { metafile } = await build({
    absWorkingDir: projectPath('.'),
    entryPoints: [entry],
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'silent',
  })
  return Object.keys(metafile.inputs)
}

describe('what .dockerignore lets into the build', () => {
  it('is all that the shipper is made of', () => {
    const shipper = bundleShipper(join(temporaryDirectory(), 'ship.mjs'))
    expect(shipper).toContain('bin/flux-relay-ship.ts')
    expect(missing(shipper)).toEqual([])
  })

  it('is all that the relay is made of', async () => {
    const { inputs } = await bundlePrograms(PROGRAMS)
    expect(inputs).toContain('bin/flux-relay.ts')
    expect(missing(inputs)).toEqual([])
    const made = ['bin', 'lib', 'THIRD-PARTY-LICENSES.txt']
    expect(missing(CONTENTS.filter((name) => !made.includes(name)))).toEqual([])
    expect(missing(['deploy/npm/flux-relay.cjs'])).toEqual([])
  })

  it('is all that the programs import which make them', async () => {
    for (const entry of ['deploy/npm/generate.ts', 'deploy/image/generate.ts']) {
      expect(missing(await modulesOf(entry)), entry).toEqual([])
    }
  })
})
