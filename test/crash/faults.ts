import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { TIMEOUT_MS } from './manifests.ts'
import type { Random } from './random.ts'

/** What a sink does with a request, drawn for each. */
export type Fault =
  | 'none'
  | 'unavailable'
  | 'unavailable-applied'
  | 'limited'
  | 'reset-applied'
  | 'reset-unread'
  | 'drip'
  | 'held'

const WEIGHTS: Readonly<Record<Fault, number>> = {
  none: 66,
  unavailable: 4,
  'unavailable-applied': 4,
  limited: 3,
  'reset-applied': 6,
  'reset-unread': 5,
  drip: 7,
  held: 5,
}

export function drawFault(random: Random): Fault {
  return random.weighted(WEIGHTS)
}

/** Whether the sink acts on the request: shows the message, sets the status. */
export function isApplied(fault: Fault): boolean {
  return fault !== 'unavailable' && fault !== 'limited' && fault !== 'reset-unread'
}

/** Whether the sender gets a 2xx if it lives and waits as long as its timeout. */
export function isConfirmed(fault: Fault): boolean {
  return fault === 'none' || fault === 'drip'
}

/** Answers, or does not, as the fault says. Never rejects: the sender may be gone. */
export async function answerWith(
  fault: Fault,
  incoming: IncomingMessage,
  response: ServerResponse,
  random: Random,
): Promise<void> {
  switch (fault) {
    case 'none':
      response.writeHead(201).end('{"ok":true}')
      return
    case 'unavailable':
    case 'unavailable-applied':
      response.writeHead(503).end('try later')
      return
    case 'limited':
      response.writeHead(429, { 'Retry-After': '1' }).end('slow down')
      return
    case 'reset-applied':
    case 'reset-unread':
      incoming.socket.resetAndDestroy()
      return
    case 'held':
      await sleep(TIMEOUT_MS * 1.3)
      response.writeHead(201).end('{"ok":true}')
      return
    case 'drip':
      return drip(response, random.between(100, TIMEOUT_MS * 1.5))
  }
}

const DRIP_PARTS = 8

/** Sends the head at once and the body over `totalMs`, which may be past the sender's timeout. */
async function drip(response: ServerResponse, totalMs: number): Promise<void> {
  response.writeHead(200)
  response.flushHeaders()
  for (let part = 0; part < DRIP_PARTS; part += 1) {
    await sleep(totalMs / DRIP_PARTS)
    if (response.destroyed) return
    response.write('drop ')
  }
  response.end()
}
