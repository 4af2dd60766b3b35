import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { succeeds } from './commands.ts'

const VERSION = '1.163.0'

/** Two minutes on a machine of two busy cores, half of which is waiting for the network. */
const INSTALL_WITHIN_MS = 600_000

const INSTALL = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1']

/**
 * The path of a Python that has Synapse, in a virtual environment that is made once in the folder;
 * empty when it cannot be installed.
 */
export function fetchSynapse(folder: string): string {
  const environment = join(folder, `synapse-${VERSION}`)
  const python = join(environment, 'bin/python')
  if (hasSynapse(python)) return python
  // What an installation that was broken off left.
  rmSync(environment, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const isInstalled =
    succeeds('python3', ['-m', 'venv', environment]) &&
    succeeds(python, [...INSTALL, `matrix-synapse==${VERSION}`], { timeout: INSTALL_WITHIN_MS }) &&
    hasSynapse(python)
  return isInstalled ? python : ''
}

/** It imports all that it needs before it says how it is used. */
function hasSynapse(python: string): boolean {
  return succeeds(python, ['-m', 'synapse.app.homeserver', '--help'])
}
