import { parseArgs } from 'node:util'
import { mountSmallDisk } from '../support/mounted-disk.ts'
import { runCampaign } from './campaign.ts'

const MAX_ROUNDS = 1_000

const USAGE = `usage: npm run test:crash -- [--rounds N (default 30, at most 1000)] [--seed S] [--full-disk]
--full-disk   keeps the data on a small disk in memory that is full now and then; needs the right to mount
`
const DISK_BYTES = 512 * 1024 * 1024

const { values } = parseArgs({
  options: {
    help: { type: 'boolean', short: 'h', default: false },
    'full-disk': { type: 'boolean', default: false },
    rounds: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
if (values.help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const rounds = Math.min(Number(values.rounds), MAX_ROUNDS)
const seed = Number(values.seed)
if (!Number.isInteger(rounds) || !Number.isInteger(seed)) {
  process.stderr.write(USAGE)
  process.exit(2)
}

const say = (text: string) => process.stdout.write(`${text}\n`)
say(`seed ${seed}`)
const disk = values['full-disk'] ? mountSmallDisk(DISK_BYTES) : undefined
const { counts, violations } = await runCampaign({
  ...{ rounds, seed, onProgress: say },
  ...(disk && { smallDisk: disk.directory }),
}).finally(() => disk?.unmount())
for (const [name, count] of Object.entries(counts)) say(`${String(count).padStart(8)}  ${name}`)
for (const violation of violations) say(`VIOLATION  ${violation}`)
process.exitCode = violations.length === 0 ? 0 : 1
