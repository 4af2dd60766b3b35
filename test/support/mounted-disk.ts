import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A disk in memory that is empty at first. */
export interface MountedDisk {
  readonly directory: string
  /** What uses it has to be closed by then. */
  unmount(): void
}

/** Mounts a disk of so many bytes; throws when this user may not. */
export function mountSmallDisk(bytes: number): MountedDisk {
  const directory = mkdtempSync(join(tmpdir(), 'flux-relay-disk-'))
  const options = `size=${bytes},mode=0700`
  const command = ['-t', 'tmpfs', '-o', options, 'tmpfs', directory]
  const { error, status, stderr } = spawnSync('mount', command)
  if (error !== undefined || status !== 0) {
    rmdirSync(directory)
    throw new Error(`no disk could be mounted: ${error?.message ?? String(stderr)}`)
  }
  return {
    directory,
    unmount() {
      // Lazily: a process that was killed may still be letting go of it.
      spawnSync('umount', ['-l', directory])
      rmdirSync(directory)
    },
  }
}
