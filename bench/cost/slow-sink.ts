import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'

/** A destination that takes its time. */
export interface SlowSink {
  readonly url: string
  /** How long it answers from now on. Milliseconds. */
  setDelay(ms: number): void
  /** Requests in all. */
  requests(): number
  /** Milliseconds in which a request or several at once waited, by its delay. */
  busyMs(): number
  stop(): Promise<void>
}

export async function startSlowSink(): Promise<SlowSink> {
  let [delayMs, requests, underWay, rounds] = [0, 0, 0, 0]
  const server = createServer(async (request, response) => {
    await buffer(request)
    requests += 1
    // Those that wait together cost the function one wait.
    rounds += underWay === 0 ? delayMs : 0
    underWay += 1
    await wait(delayMs)
    underWay -= 1
    response.writeHead(200).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    setDelay(ms) {
      delayMs = ms
    },
    requests: () => requests,
    busyMs: () => rounds,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
