import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

/** How large a database is, and its disk. Bytes. */
export interface DiskSpace {
  /** The bytes of the database, including its log. */
  readonly databaseBytes: number
  /** That this process may still use. */
  readonly freeBytes: number
  /** The bytes of the whole file system. */
  readonly diskBytes: number
}

/** Looks at the files and never opens one. Undefined where the system does not say. */
export async function diskSpace(file: string): Promise<DiskSpace | undefined> {
  try {
    const [{ bavail, blocks, bsize }, ...sizes] = await Promise.all([
      statfs(dirname(file)),
      sizeOf(file),
      sizeOf(`${file}-wal`),
    ])
    const databaseBytes = sizes.reduce((sum, size) => sum + size, 0)
    return { databaseBytes, freeBytes: bavail * bsize, diskBytes: blocks * bsize }
  } catch {
    return undefined
  }
}

/** 0 of a file that is not there. */
async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size
  } catch {
    return 0
  }
}
