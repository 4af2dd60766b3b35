import { spawnSync } from 'node:child_process'

const WITHIN_MS = 60_000

/** Whether the program is there and ends well within the time. */
export function succeeds(command: string, args: readonly string[], withinMs = WITHIN_MS): boolean {
  return spawnSync(command, args, { timeout: withinMs }).status === 0
}
