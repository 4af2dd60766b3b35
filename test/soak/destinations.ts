import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { answerWith, drawFault } from '../crash/faults.ts'
import { seededRandom } from '../crash/random.ts'
import type { Books } from './books.ts'

/** Answers requests of all three routes: `/good`, `/faulty` and `/hanging`. */
export interface Destinations {
  readonly handler: RequestListener
  /** From now on all of them work. */
  heal(): void
}

export function createDestinations(books: Books, seed: number): Destinations {
  const random = seededRandom(seed)
  let isHealed = false
  const receive = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { message } = JSON.parse(await text(incoming)) as { readonly message: string }
    books.arrived(message)
    if (isHealed || incoming.url === '/good') {
      response.writeHead(200).end('ok')
    } else if (incoming.url === '/faulty') {
      const fault = drawFault(random)
      if (fault !== 'none') books.count(`faults of destinations: ${fault}`)
      await answerWith(fault, incoming, response, random)
    }
    // What hangs says nothing; the relay gives up.
  }
  return {
    handler: (incoming, response) => {
      receive(incoming, response).catch(() => undefined)
    },
    heal() {
      isHealed = true
    },
  }
}
