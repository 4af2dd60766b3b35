import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Makes one folder. Throws the error of the system. */
type MakeOne = (directory: string, options: { readonly mode: number }) => void

/**
 * Makes a folder, and those above it that are not there, for this user alone. Throws the error of the system. Each is
 * asked for once: a file system in which no folder can be made may say so by any error, also that the one above is not there.
 */
export function makeFolder(directory: string, makeOne: MakeOne = mkdirSync): void {
  if (isFolder(directory)) return
  const parent = dirname(directory)
  if (statSync(parent, { throwIfNoEntry: false }) === undefined) makeFolder(parent, makeOne)
  try {
    makeOne(directory, { mode: 0o700 })
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isFolder(directory)) throw error
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
