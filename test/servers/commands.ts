import { type SpawnSyncOptions, spawnSync } from 'node:child_process'

const WITHIN_MS = 60_000

/** Whether the program is there and ends well within the time, of one minute unless it is said. */
export function succeeds(
  command: string,
  args: readonly string[],
  options: SpawnSyncOptions = {},
): boolean {
  return spawnSync(command, args, { timeout: WITHIN_MS, ...options }).status === 0
}
