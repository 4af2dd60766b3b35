import { execFileSync } from 'node:child_process'
import { rmSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { RESERVE_BYTES } from '../../adapters/sqlite/reserve.ts'
import type { Random } from './random.ts'

/** A disk that is full now and then while the relay runs. */
export interface FillingDisk {
  /** How often it was full so far. */
  readonly times: () => number
  /** Frees the disk, and fills it no more. */
  stop(): Promise<void>
}

/** `isUsed`: whether there is a relay that may meet a full disk; none can begin on one. */
export function startFilling(
  directory: string,
  random: Random,
  isUsed: () => boolean,
): FillingDisk {
  const filler = join(directory, 'filler')
  let times = 0
  let isStopped = false
  const fillForAWhile = async () => {
    times += fill(directory, filler) ? 1 : 0
    for (let left = random.between(10, 40); left > 0 && isUsed() && !isStopped; left -= 1) {
      await sleep(10)
    }
    rmSync(filler, { force: true })
  }
  const run = async () => {
    while (!isStopped) {
      await sleep(random.between(300, 3_000))
      // Else what was under way has no room for its outcome, and is sent again.
      if (isUsed() && hasReserve(directory)) await fillForAWhile()
    }
  }
  const running = run()
  return {
    times: () => times,
    async stop() {
      isStopped = true
      await running
    },
  }
}

function hasReserve(directory: string): boolean {
  const reserve = statSync(join(directory, 'flux-relay.db-reserve'), { throwIfNoEntry: false })
  return reserve !== undefined && reserve.size >= RESERVE_BYTES
}

/** Takes all space that is left; the relay may take some of it first, and so it is tried twice. */
function fill(directory: string, filler: string): boolean {
  for (let tries = 0; tries < 2; tries += 1) {
    const { bavail, bsize } = statfsSync(directory)
    const bytes = bavail * bsize + (statSync(filler, { throwIfNoEntry: false })?.size ?? 0)
    try {
      execFileSync('fallocate', ['-l', String(bytes), filler], { stdio: 'ignore' })
      return true
    } catch {
      // There is less than there was.
    }
  }
  return false
}
