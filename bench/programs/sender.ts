import { setTimeout as delay } from 'node:timers/promises'
import { Pool } from 'undici'
import { answerParent } from '../asking.ts'
import { markedEvent, now } from '../marked-event.ts'
import type { Load, Posted } from '../sender.ts'

/** Connections of a load that does not wait for answers. */
const MOST_CONNECTIONS = 64

/** Posts the loads that it is told to. */
answerParent((question) => send(question as Load))
process.stdout.write(`${JSON.stringify({ msg: 'ready', url: '' })}\n`)
// The channel alone keeps no process running.
setInterval(() => undefined, 60_000)

async function send(load: Load): Promise<Posted> {
  const connections = 'senders' in load.pace ? load.pace.senders : MOST_CONNECTIONS
  const { origin } = new URL(load.url)
  const pool = new Pool(origin, { connections })
  const result = { accepted: 0, failed: 0 }
  const startedAt = now()
  const post = async (index: number) => {
    if (await isAccepted(pool, load, index)) result.accepted += 1
    else result.failed += 1
  }
  try {
    if ('senders' in load.pace) await sendWaiting(load, load.pace.senders, startedAt, post)
    else await sendSteadily(load, load.pace.perSecond, startedAt, post)
    return { ...result, startedAt, endedAt: now() }
  } finally {
    await pool.destroy()
  }
}

type Post = (index: number) => Promise<void>

async function sendWaiting(load: Load, senders: number, startedAt: number, post: Post) {
  const end = startedAt + load.seconds * 1_000_000
  const from = load.from ?? 0
  let next = from
  const sendAll = async () => {
    while (next < from + load.events && now() < end) {
      next += 1
      await post(next - 1)
    }
  }
  await Promise.all(Array.from({ length: senders }, sendAll))
}

async function sendSteadily(load: Load, perSecond: number, startedAt: number, post: Post) {
  const from = load.from ?? 0
  const count = Math.min(load.events, perSecond * load.seconds)
  const pending: Promise<void>[] = []
  for (let index = 0; index < count; index += 1) {
    const waitMs = (startedAt - now()) / 1_000 + (index * 1_000) / perSecond
    if (waitMs > 0) await delay(waitMs)
    pending.push(post(from + index))
  }
  await Promise.all(pending)
}

async function isAccepted(pool: Pool, load: Load, index: number): Promise<boolean> {
  const event = markedEvent({ stream: load.stream, index, postedAt: now() }, load)
  try {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: new URL(load.url).pathname,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    })
    await body.dump()
    return statusCode === 202
  } catch {
    return false
  }
}
