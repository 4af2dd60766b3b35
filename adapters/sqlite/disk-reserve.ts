import { randomFillSync } from 'node:crypto'
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  statfsSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

/** How many bytes are written at once. */
const CHUNK_BYTES = 1024 * 1024

/**
 * A file beside a database that takes up space, to be given up when the disk is full: without any
 * space SQLite can neither move its log into the file nor delete a row.
 */
export class DiskReserve {
  readonly #file: string
  #bytes: number

  /** `grow` creates the file. A file that an earlier process left counts at once. */
  constructor(file: string) {
    this.#file = file
    this.#bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  }

  /** How many bytes it holds. */
  get bytes(): number {
    return this.#bytes
  }

  /**
   * Takes up space until the file has `bytes` bytes. False, without a change, when there is too
   * little.
   */
  grow(bytes: number): boolean {
    if (this.#bytes >= bytes) return true
    try {
      if (this.free() < bytes - this.#bytes) return false
      this.#append(bytes)
      this.#bytes = bytes
      return true
    } catch {
      // Whatever fails here, there is no reserve to rely on.
      this.#cut(this.#bytes)
      return false
    }
  }

  /** How many bytes are free on its disk beside it. Throws when the system does not say. */
  free(): number {
    const { bavail, bsize } = statfsSync(dirname(this.#file))
    return bavail * bsize
  }

  /** Returns the whole space to the disk. */
  release(): void {
    this.#cut(0)
    this.#bytes = 0
  }

  #append(bytes: number): void {
    // A file system that compresses would make nothing of zeros.
    const chunk = randomFillSync(Buffer.allocUnsafe(CHUNK_BYTES))
    const descriptor = openSync(this.#file, 'a', 0o600)
    try {
      ftruncateSync(descriptor, this.#bytes)
      for (let size = this.#bytes; size < bytes; ) {
        size += writeSync(descriptor, chunk, 0, Math.min(CHUNK_BYTES, bytes - size))
      }
      // Some file systems find out only now.
      fdatasyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }

  #cut(bytes: number): void {
    try {
      truncateSync(this.#file, bytes)
    } catch {
      // It is not there, or the disk fails, which whoever writes next finds out.
    }
  }
}
