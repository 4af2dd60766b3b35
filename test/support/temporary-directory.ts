import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Linux keeps it in memory, where a database that syncs every commit need not wait for a disk. */
const IN_MEMORY = '/dev/shm'
/** Containers often have 64 MB there, which is too little for tests of large spools. */
const ROOM_BYTES = 2 * 2 ** 30

/** What a killed process wrote is in the system's memory in any case: no test cuts the power. */
const PARENT = hasRoom(IN_MEMORY) ? IN_MEMORY : tmpdir()

/** Makes an empty directory that is removed after the running test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(PARENT, 'flux-relay-test-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

function hasRoom(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory)
    return bavail * bsize >= ROOM_BYTES
  } catch {
    return false
  }
}
