import { setTimeout as sleep } from 'node:timers/promises'
import type { Campaign, CampaignOptions } from './campaign.ts'
import type { Moments } from './moments.ts'
import { type Random, seededRandom } from './random.ts'
import type { RelayLife } from './relay-life.ts'

/** Starts the relay and kills it, as often as told. */
export async function killRounds(campaign: Campaign, options: CampaignOptions): Promise<void> {
  const random = seededRandom(options.seed)
  for (let round = 1; round <= options.rounds; round += 1) {
    const life = campaign.start(offTime(random))
    await killMoment(campaign.moments, life, random)
    await campaign.kill(life)
    if (round % 10 === 0) options.onProgress?.(`${round} rounds`)
  }
  campaign.counts.set('kills under load', options.rounds)
}

/** How long the machine is off, in the relay's time: mostly a restart, now and then a pause. */
function offTime(random: Random): number {
  const span = random.weighted({ restart: 60, seconds: 25, minutes: 11, long: 4 })
  const [min, max] = {
    restart: [0, 6_000],
    seconds: [6_000, 60_000],
    minutes: [60_000, 360_000],
    long: [660_000, 1_200_000],
  }[span] as [number, number]
  return random.between(min, max)
}

/** Long enough for the rarest of the moments below, in milliseconds. */
const MAX_LIFE_MS = 1_500

/** Waits until it is time to kill: while the relay starts, at some time, or when something happens. */
async function killMoment(moments: Moments, life: RelayLife, random: Random): Promise<void> {
  const kind = random.weighted({
    starting: 15,
    time: 35,
    arrival: 20,
    decision: 20,
    acknowledgement: 10,
  })
  if (kind === 'starting') {
    await sleep(random.between(20, 600))
    return
  }
  await life.ready
  if (kind === 'time') {
    await sleep(random.between(30, 1_000))
    return
  }
  const nth = random.between(1, kind === 'acknowledgement' ? 15 : 120)
  await Promise.race([moments.nth(kind, nth), sleep(MAX_LIFE_MS)])
}
