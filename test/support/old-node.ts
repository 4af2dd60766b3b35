import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** A Node 20 to 23 of this machine's PATH; undefined when there is none. */
export function oldNode(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/bin', '/usr/bin']
  return folders
    .filter((folder) => folder !== '' && !folder.includes('node_modules'))
    .map((folder) => join(folder, 'node'))
    .filter((file) => existsSync(file))
    .find((file) => {
      const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 20_000 })
      return /^v2[0-3]\./.test(stdout ?? '')
    })
}
