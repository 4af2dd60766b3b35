import type { Random } from '../crash/random.ts'
import type { Books } from './books.ts'
import type { Disk } from './disk.ts'
import type { Program } from './programs.ts'

export interface DisturbedParts {
  readonly relay: Program
  readonly shipper: Program
  readonly disk: Disk
  readonly books: Books
  readonly random: Random
  /** How long the load lasts, in milliseconds. */
  readonly lastsMs: number
  /** Rejects when the soak is over. */
  readonly wait: (ms: number) => Promise<unknown>
}

/** Of the time of the load: processes are killed; after that they run to its end, so that their memory tells. */
export const KILLING_SHARE = 1 / 3

const FULL_DISK_MS = 15_000
/** Less than what a signed event may be ahead of the relay. */
const JUMP_MS = 4 * 60_000

/** Breaks one thing after the other, until the load is over. */
export async function disturb(parts: DisturbedParts): Promise<void> {
  const { lastsMs, wait } = parts
  const killsUntil = performance.now() + lastsMs * KILLING_SHARE
  const pauseMs = Math.min(20_000, (lastsMs * KILLING_SHARE) / 6)
  while (performance.now() + pauseMs < killsUntil) {
    await wait(parts.random.between(pauseMs / 2, pauseMs))
    await killOne(parts)
  }
  const steps = laterSteps(parts)
  const restMs = lastsMs * (1 - KILLING_SHARE) - steps.length * FULL_DISK_MS
  for (const step of steps) {
    await wait(Math.max(restMs / (steps.length + 1), 5_000))
    await step()
  }
}

async function killOne({ relay, shipper, books, random }: DisturbedParts): Promise<void> {
  const [name, program] = random.chance(0.6)
    ? (['kills of the relay', relay] as const)
    : (['kills of the shipper', shipper] as const)
  await books.disturb(name, () => program.kill(random.between(0, 2_000)))
}

/** What may be repeated without a new process. */
function laterSteps(parts: DisturbedParts): readonly (() => Promise<void>)[] {
  const jump = (ms: number) => () => setClocks(parts, ms)
  const fill = () => fillDisk(parts)
  const once = [jump(JUMP_MS), fill, jump(0), jump(-JUMP_MS), fill, jump(0)]
  const times = Math.max(1, Math.floor(parts.lastsMs / 900_000))
  return Array.from({ length: times }, () => once).flat()
}

function setClocks({ relay, shipper, books }: DisturbedParts, ms: number): Promise<void> {
  return books.disturb('jumps of the clock', async () => {
    await Promise.all([relay.setClock(ms), shipper.setClock(ms)])
  })
}

async function fillDisk({ disk, books, wait }: DisturbedParts): Promise<void> {
  if (!disk.fill) return
  await books.disturb('times of a full disk', async () => {
    disk.fill?.()
    try {
      await wait(FULL_DISK_MS)
    } finally {
      disk.empty?.()
    }
  })
}
