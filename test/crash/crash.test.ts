import { expect, it } from 'vitest'
import { IS_FULL_SIZE } from '../support/full-size.ts'
import { CAN_MOUNT, smallDisk } from '../support/small-disk.ts'
import { runCampaign } from './campaign.ts'

const ROUNDS = IS_FULL_SIZE ? 5 : 1
const DISK_BYTES = 128 * 1024 * 1024
const WITHIN_MS = 120_000

it(
  'keeps the ledger true and every status newest over kills at random moments and full disks',
  async () => {
    const seed = Date.now() % 1_000_000
    const disk = CAN_MOUNT ? { smallDisk: smallDisk(DISK_BYTES) } : {}
    const { counts, violations } = await runCampaign({ rounds: ROUNDS, seed, ...disk })
    process.stdout.write(`crash test: ${JSON.stringify({ seed, ...counts })}\n`)

    expect(violations.length, [`seed ${seed}`, ...violations].join('\n')).toBe(0)
    expect(counts['events acknowledged']).toBeGreaterThan(0)
  },
  WITHIN_MS,
)
