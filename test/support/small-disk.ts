import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Whether this user may mount a file system, without which no disk can be full. */
export const CAN_MOUNT = canMount()

/**
 * An empty disk of so many bytes, in memory, that is gone after the running test. What uses it has
 * to be closed by then.
 */
export function smallDisk(bytes: number): string {
  const directory = mkdtempSync(join(tmpdir(), 'flux-relay-disk-'))
  const failure = mount(directory, bytes)
  if (failure !== undefined) throw new Error(failure)
  // In the reverse order of their registration: after what was opened on it is closed.
  onTestFinished(() => unmount(directory))
  return directory
}

function canMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'flux-relay-disk-'))
  const isMounted = mount(directory, 65_536) === undefined
  if (isMounted) unmount(directory)
  else rmdirSync(directory)
  return isMounted
}

/** Says why it could not be done. */
function mount(directory: string, bytes: number): string | undefined {
  const options = `size=${bytes},mode=0700`
  const { error, status, stderr } = spawnSync('mount', [
    '-t',
    'tmpfs',
    '-o',
    options,
    'tmpfs',
    directory,
  ])
  return error?.message ?? (status === 0 ? undefined : String(stderr))
}

function unmount(directory: string): void {
  // Lazily: a process that was killed may still be letting go of it.
  spawnSync('umount', ['-l', directory])
  rmdirSync(directory)
}
