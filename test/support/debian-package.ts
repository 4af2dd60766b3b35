import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'

/** Unpacks a Debian package into the folder, and installs nothing; without one nothing is there after. */
export function unpackDebianPackage(name: string, folder: string): void {
  spawnSync('apt-get', ['download', name], { cwd: folder, timeout: 60_000 })
  for (const file of readdirSync(folder).filter((file) => file.endsWith('.deb'))) {
    spawnSync('dpkg-deb', ['-x', file, '.'], { cwd: folder, timeout: 60_000 })
  }
}
