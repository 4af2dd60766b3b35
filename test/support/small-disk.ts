import { onTestFinished } from 'vitest'
import { mountSmallDisk } from './mounted-disk.ts'

/** Whether this user may mount a file system, without which no disk can be full. */
export const CAN_MOUNT = canMount()

/**
 * An empty disk of so many bytes, in memory, that is gone after the running test. What uses it has
 * to be closed by then.
 */
export function smallDisk(bytes: number): string {
  const { directory, unmount } = mountSmallDisk(bytes)
  // In the reverse order of their registration: after what was opened on it is closed.
  onTestFinished(unmount)
  return directory
}

function canMount(): boolean {
  try {
    mountSmallDisk(65_536).unmount()
    return true
  } catch {
    return false
  }
}
