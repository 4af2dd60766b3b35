import type { Random } from '../crash/random.ts'
import type { ModelEvent } from './model.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** A word of letters alone: numbers in messages may count as nothing new. */
function wordOf(count: number): string {
  const letters = [...count.toString(26)].map((digit) =>
    String.fromCharCode(97 + Number.parseInt(digit, 26)),
  )
  return `word-${letters.join('')}-end`
}

/** Something that happens to the relay, at a time by the even clock. */
export type Step =
  | { readonly kind: 'event'; readonly at: number; readonly event: ModelEvent }
  | { readonly kind: 'kill'; readonly at: number; readonly offMs: number }
  | { readonly kind: 'set'; readonly at: number; readonly byMs: number }
  | { readonly kind: 'silence'; readonly at: number; readonly forMs: number }

/** Draws what happens in so many milliseconds. */
export function drawSteps(random: Random, lastsMs: number): readonly Step[] {
  const steps: Step[] = []
  const revisions = new Map<string, number>()
  let [at, count] = [0, 0]
  while (at < lastsMs) {
    // Bursts and quiet days, on whole minutes.
    const span = random.weighted({ minutes: 50, hours: 35, day: 15 })
    const [min, max] = { minutes: [1, 15], hours: [16, 300], day: [301, 2_000] }[span] as [
      number,
      number,
    ]
    at += random.between(min, max) * MINUTE_MS + random.between(0, 59) * 1_000
    const kind = random.weighted({ event: 80, kill: 9, set: 6, silence: 5 })
    if (kind === 'event') {
      const object = `app-${random.between(0, 2)}`
      if (random.chance(0.2)) revisions.set(object, (revisions.get(object) ?? 0) + 1)
      const event = {
        object,
        kind: random.weighted({ failed: 50, done: 35, going: 15 }),
        revision: `main@sha1:${revisions.get(object) ?? 0}`,
        word: wordOf(count),
      }
      count += 1
      steps.push({ kind, at, event })
    }
    if (kind === 'kill') {
      const off = random.weighted({ restart: 60, minutes: 30, hours: 10 })
      const most = { restart: 1, minutes: 40, hours: 600 }[off]
      const offMs = random.between(0, most) * MINUTE_MS
      steps.push({ kind, at, offMs })
      at += offMs
    }
    if (kind === 'set') steps.push({ kind, at, byMs: random.between(-300, 600) * MINUTE_MS })
    if (kind === 'silence') steps.push({ kind, at, forMs: random.between(1, 30) * HOUR_MS })
  }
  return steps
}
