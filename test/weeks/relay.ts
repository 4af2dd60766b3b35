import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readDepth } from '../crash/entries.ts'

const ENTRY = fileURLToPath(new URL('relay-entry.ts', import.meta.url))

/** Only a broken relay takes longer for what is due in one moment. Milliseconds, of the machine's time. */
const SETTLED_WITHIN_MS = 20_000

/** However long nothing is due, the relay looks around as often as this. Milliseconds. */
const SLICE_MS = 30 * 60_000

/** How often nothing is due in a row before nothing is. */
const LOOKS = 2

/** How much later than its time a wait ends, so that what is due can be seen to be. Milliseconds. */
const LATE_MS = 1_000

/** A message that came to the sink. */
export interface Post {
  /** What the address of its Provider ends in. */
  readonly to: string
  readonly title: string
  readonly text: string
  /** How long the weeks had lasted, in milliseconds. */
  readonly at: number
}

/** A relay, in a process of its own, whose time passes as a test wants. */
export interface WeeksRelay {
  readonly posts: readonly Post[]
  /** What the relay logged as an error. */
  readonly errors: readonly string[]
  /** How long the weeks have lasted, in milliseconds. */
  elapsed(): number
  /** What the machine's clock says, in milliseconds since the epoch. */
  wall(): number
  start(): Promise<void>
  /** Lets time pass until then, by `elapsed`; the relay does what is due in it. */
  passUntil(elapsed: number): Promise<void>
  /** Sets the machine's clock. */
  setBy(ms: number): Promise<void>
  kill(): Promise<void>
  /** Lets time pass while no relay runs. */
  beOff(ms: number): void
  post(path: string, body: unknown): Promise<void>
  close(): Promise<void>
}

/** Where the sink of a test listens. */
export interface Sink {
  readonly url: string
}

interface Life {
  readonly child: ChildProcess
  readonly url: string
  /** Says something to the process; resolves with when its next wait ends. */
  say(line: string): Promise<number | undefined>
}

/** `prepare` writes the manifests, once the sink's address is known. */
export async function weeksRelay(
  folders: { readonly data: string; readonly manifests: string },
  startWall: number,
  prepare: (sink: Sink) => void,
): Promise<WeeksRelay> {
  const posts: Post[] = []
  const errors: string[] = []
  let [elapsed, offset] = [0, startWall]
  const sink = createServer(async (incoming, response) => {
    const { attachments } = JSON.parse(await text(incoming))
    const { author_name: title, text: said } = attachments[0]
    posts.push({ to: (incoming.url ?? '').slice(1), title, text: said, at: elapsed })
    response.writeHead(200).end('ok')
  })
  sink.listen(0, '127.0.0.1')
  await once(sink, 'listening')
  prepare({ url: `http://127.0.0.1:${(sink.address() as AddressInfo).port}` })
  let life: Life | undefined

  const running = () => {
    if (!life) throw new Error('no relay runs')
    return life
  }
  const wall = () => elapsed + offset
  /** Until nothing is due; resolves with when something will be. */
  const settle = async () => {
    const giveUpAt = Date.now() + SETTLED_WITHIN_MS
    // What was just decided may not have its timer yet.
    for (let looks = 0; looks < LOOKS; ) {
      const { events, overdueSeconds } = await readDepth(running().url)
      looks = events === 0 && overdueSeconds === 0 ? looks + 1 : 0
      if (Date.now() > giveUpAt) throw new Error(`not settled at ${elapsed}: ${overdueSeconds} s`)
      await sleep(1)
    }
    return running().say('[]')
  }
  const move = async (to: number) => {
    elapsed = to
    await running().say(JSON.stringify([elapsed, wall()]))
    return settle()
  }
  const kill = async () => {
    const { child } = running()
    life = undefined
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  return {
    posts,
    errors,
    elapsed: () => elapsed,
    wall,
    async start() {
      life = await startLife(folders, elapsed, wall(), errors)
      await settle()
    },
    async passUntil(until) {
      let next = await settle()
      while (elapsed < until) {
        const slice = Math.min(elapsed + SLICE_MS, until)
        const dueAt = next ?? Number.POSITIVE_INFINITY
        next = await move(dueAt <= slice ? Math.max(dueAt + LATE_MS, elapsed + 1) : slice)
      }
    },
    async setBy(ms) {
      offset += ms
      await move(elapsed)
    },
    kill,
    beOff(ms) {
      elapsed += ms
    },
    async post(path, body) {
      const answer = await fetch(`${running().url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
      await settle()
    },
    async close() {
      if (life) await kill()
      sink.closeAllConnections()
      sink.close()
    },
  }
}

async function startLife(
  { data, manifests }: { readonly data: string; readonly manifests: string },
  elapsed: number,
  wall: number,
  errors: string[],
): Promise<Life> {
  const times = ['--elapsed', String(elapsed), '--wall', String(wall)]
  const child = spawn(process.execPath, [ENTRY, '--data', data, '--manifests', manifests, ...times])
  const stderr: string[] = []
  child.stdin.on('error', () => undefined)
  child.stderr.setEncoding('utf8').on('data', (said: string) => stderr.push(said))
  const started = Promise.withResolvers<number>()
  const answers: ((at: number | undefined) => void)[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line)
    if (said.msg === 'started') started.resolve(said.port)
    if (said.msg === 'next') answers.shift()?.(said.at)
    if (said.level === 'error') errors.push(line)
  })
  child.once('close', () => started.reject(new Error(stderr.join(''))))
  const port = await started.promise
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    say(line) {
      const answer = Promise.withResolvers<number | undefined>()
      answers.push(answer.resolve)
      child.stdin.write(`${line}\n`)
      return answer.promise
    },
  }
}
