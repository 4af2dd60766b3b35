import { makeFolder } from './make-folder.ts'
import { StartError } from './start-error.ts'

/** Says why nothing listens at an address, and what a person may do about it. */
export function listenFailure(host: string, port: number, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return `cannot listen on ${host}:${port}: ${LISTEN_TEXTS.get(code) ?? message}`
}

const LISTEN_TEXTS: ReadonlyMap<string | undefined, string> = new Map([
  [
    'EADDRINUSE',
    'another process listens there (EADDRINUSE). Stop it, or choose another port by --port.',
  ],
  [
    'EACCES',
    'this user may not (EACCES). Choose another port by --port; those below 1024 are often kept for root.',
  ],
  [
    'EADDRNOTAVAIL',
    'this machine has no such address (EADDRNOTAVAIL). Choose another one by --host.',
  ],
])

/** Makes the folder of `--data`, unless it is there. Throws `StartError`. */
export function makeDataFolder(directory: string): void {
  try {
    makeFolder(directory)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const said =
      code === 'EEXIST'
        ? 'there is a file of this name (EEXIST). Name its folder, or another one, by --data.'
        : `it cannot be made (${code}). Make it, with the right to write for this user, or choose another one by --data.`
    throw new StartError(`data folder ${directory}: ${said}`)
  }
}
