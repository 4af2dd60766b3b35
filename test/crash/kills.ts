import { setTimeout as sleep } from 'node:timers/promises'
import type { Campaign, CampaignOptions } from './campaign.ts'
import type { Moments } from './moments.ts'
import { type Random, seededRandom } from './random.ts'
import type { RelayLife } from './relay-life.ts'

/** Starts the relay and kills it, as often as told. */
export async function killRounds(campaign: Campaign, options: CampaignOptions): Promise<void> {
  const random = seededRandom(options.seed)
  const clock = createSetClock(campaign, seededRandom(options.seed + 6))
  for (let round = 1; round <= options.rounds; round += 1) {
    const life = campaign.start(offTime(random))
    const stopSetting = clock.setNowAndThen()
    await killMoment(campaign.moments, life, random)
    stopSetting()
    await campaign.kill(life)
    if (round % 10 === 0) options.onProgress?.(`${round} rounds`)
  }
  campaign.counts.set('kills under load', options.rounds)
  campaign.counts.set('times the clock was set', clock.times())
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

const MINUTE_MS = 60_000

/** Never before the events, which are an hour old; and not for so long that something is given up. */
const MOST_BACK_MS = 40 * MINUTE_MS
const MOST_AHEAD_MS = 120 * MINUTE_MS

/** Sets the clock of a life at some moment of it, back or forward, by seconds to two hours. */
function createSetClock(campaign: Pick<Campaign, 'setClockBy'>, random: Random) {
  let offsetMs = 0
  let times = 0
  const set = () => {
    const span = random.weighted({ seconds: 30, minutes: 40, hours: 30 })
    const most = { seconds: 30_000, minutes: 10 * MINUTE_MS, hours: MOST_AHEAD_MS }[span]
    const wanted = offsetMs + random.between(-most, most)
    const target = Math.min(Math.max(wanted, -MOST_BACK_MS), MOST_AHEAD_MS)
    campaign.setClockBy(target - offsetMs)
    offsetMs = target
    times += 1
  }
  return {
    times: () => times,
    /** Returns what ends it. */
    setNowAndThen(): () => void {
      const delays = random.chance(0.5)
        ? [random.between(10, 1_200), random.between(10, 1_200)]
        : []
      const timers = delays.map((ms) => setTimeout(set, ms))
      return () => timers.forEach(clearTimeout)
    },
  }
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
