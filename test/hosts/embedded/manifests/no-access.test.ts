import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { ManifestLoader } from '../../../../hosts/embedded/manifests/loader.ts'
import { type FolderEntry, scanManifests } from '../../../../hosts/embedded/manifests/scan.ts'
import { alertYaml, namesOf, problemTexts, writeFiles } from '../../../support/manifest-files.ts'
import { temporaryDirectory } from '../../../support/temporary-directory.ts'

const NOBODY = 65_534

const SCAN = pathToFileURL(resolve('hosts/embedded/manifests/scan.ts')).href

/** Rights do not bind root, so there another user scans; undefined when that one cannot run anything. */
function scanElsewhere(path: string): readonly FolderEntry[] | undefined {
  const program = `import { scanManifests } from ${JSON.stringify(SCAN)}
    console.log(JSON.stringify(await scanManifests(${JSON.stringify(path)})))`
  const { stdout, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { encoding: 'utf8', ...(process.getuid?.() === 0 && { uid: NOBODY }) },
  )
  return status === 0 ? JSON.parse(stdout) : undefined
}

const canTry = scanElsewhere('/missing') !== undefined

it.skipIf(!canTry)(
  'what is in a folder whose files may only be listed stays in force',
  async () => {
    const path = temporaryDirectory()
    writeFiles(path, {
      'x.yaml': alertYaml('a'),
      'sub/y.yaml': alertYaml('b'),
      'sub/deep/z.yaml': alertYaml('c'),
    })
    chmodSync(path, 0o755)
    const loader = new ManifestLoader('local')
    await loader.load(await scanManifests(path))
    chmodSync(join(path, 'sub'), 0o444)
    const entries = scanElsewhere(path) ?? []
    chmodSync(join(path, 'sub'), 0o755)
    const loaded = await loader.load(entries)
    expect(namesOf(loaded).toSorted()).toEqual(['Alert/a', 'Alert/b', 'Alert/c'])
    const inForce = (name: string) =>
      expect.stringMatching(new RegExp(`^${name}: cannot be read \\(EACCES\\); Alert/.*in force$`))
    expect(problemTexts(loaded)).toEqual([inForce('sub/deep'), inForce('sub/y\\.yaml')])
  },
)
