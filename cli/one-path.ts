import { InvalidArgumentError } from 'commander'

/**
 * Reads an option that is the one folder or file of manifests. kubectl takes several and stdin; here a
 * second one would replace the first, and `apply` would remove what only the first has.
 */
export function parseManifestsPath(path: string, before?: string): string {
  if (path === '-')
    throw new InvalidArgumentError('expected a folder or a file; stdin is not read.')
  if (before === undefined) return path
  throw new InvalidArgumentError(`it is a second one, after ${before}; put both into one folder.`)
}

/** Reads an option that is the one file of events, which would replace one before it. */
export function parseEventFile(path: string, before?: string): string {
  if (before === undefined) return path
  throw new InvalidArgumentError(`it is a second one, after ${before}; give one file.`)
}
