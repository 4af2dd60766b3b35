import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const INSTALL_WITHIN_MS = 240_000

/**
 * Installs packages of PyPI into a virtual environment of their own in the folder. Gives why they cannot be
 * installed; undefined when they are.
 */
export function installFromPyPi(folder: string, packages: readonly string[]): string | undefined {
  const pip = ['install', '--quiet', '--disable-pip-version-check', '--retries', '1', ...packages]
  const steps = [
    ['python3', ['-m', 'venv', folder]],
    [join(folder, 'bin', 'pip'), pip],
  ] as const
  for (const [command, args] of steps) {
    const options = { encoding: 'utf8', timeout: INSTALL_WITHIN_MS } as const
    const { error, status, stderr, stdout } = spawnSync(command, args, options)
    if (error) return error.message
    const last = `${stdout}\n${stderr}`.trim().split('\n').at(-1)
    if (status !== 0) return `${command} ended with ${status}: ${last}`
  }
  return undefined
}
