import { renameSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import {
  createSender,
  type EventSender,
  type SenderOptions,
} from '../../hosts/shipper/send/sender.ts'
import type { Spool } from '../../hosts/shipper/spool/spool.ts'
import type { HttpResponse, OutboundRequest, TransportFailure } from '../../relay/ports/http.ts'
import { START } from './manual-clock.ts'
import { tokenFileOf } from './shipper-process.ts'
import { waitFor } from './wait-for.ts'

type Answer = HttpResponse | TransportFailure

/** Answers a request; `messages` are those of its events. */
type Answering = (messages: readonly string[], request: OutboundRequest) => Answer | Promise<Answer>

export interface SenderRun {
  readonly sender: EventSender
  /** The messages of each request's events. */
  readonly batches: readonly (readonly string[])[]
  readonly requests: readonly OutboundRequest[]
  /** Each wait, in milliseconds; it is over at once. */
  readonly waits: readonly number[]
  /** What the observer was told: `sent 3`, `refused 5: no kind`, `failed 503`, `spool failed`. */
  readonly said: readonly string[]
  readonly tokenFile: string
  rotate(token: string): void
  /** Waits until the spool is empty. */
  emptied(): Promise<void>
}

/** A sender at work, whose relay gives these answers, the last one again and again. */
export function runSender(
  spool: Spool,
  answers: readonly Answering[],
  parts: Pick<SenderOptions, 'labels'> = {},
): SenderRun {
  const batches: (readonly string[])[] = []
  const requests: OutboundRequest[] = []
  const waits: number[] = []
  const said: string[] = []
  const tokenFile = tokenFileOf('first-token')
  const sender = createSender({
    ...parts,
    spool,
    http: {
      async send(request) {
        const messages = messagesOf(request)
        const answer = answers[Math.min(batches.push(messages), answers.length) - 1]
        requests.push(request)
        if (!answer) throw new Error('no answer')
        return answer(messages, request)
      },
    },
    relay: {
      url: 'https://relay.test/v1/clusters/prod/events',
      tokenFile,
      transport: { timeoutMs: 1_000 },
    },
    random: () => 0.5,
    wait: async (ms) => {
      waits.push(ms)
      // A turn of the event loop, as a real wait would take.
      await new Promise((resolve) => setImmediate(resolve))
    },
    observer: {
      sent: (events) => said.push(`sent ${events}`),
      refused: (event, error) =>
        said.push(`refused ${messageOf(JSON.parse(event.body))}: ${error}`),
      failed: ({ reason }) => said.push(`failed ${reason}`),
      spoolFailed: () => said.push('spool failed'),
    },
  })
  onTestFinished(() => void sender.stop(0))
  sender.start()
  return {
    ...{ sender, batches, requests, waits, said, tokenFile },
    // As a mounted Secret changes: what is read while a file is written may be a part of it.
    rotate(token) {
      writeFileSync(`${tokenFile}.next`, token)
      renameSync(`${tokenFile}.next`, tokenFile)
    },
    emptied: () =>
      waitFor(() => {
        if (spool.depth().events > 0) throw new Error(`${spool.depth().events} events wait`)
      }),
  }
}

/** The events of a request, as the relay unpacks them. */
export function eventsOf({ body }: OutboundRequest): readonly unknown[] {
  const events: unknown = JSON.parse(gunzipSync(body).toString())
  if (!Array.isArray(events)) throw new Error('expected an array')
  return events
}

function messagesOf(request: OutboundRequest): readonly string[] {
  return eventsOf(request).map(messageOf)
}

function messageOf(event: unknown): string {
  return (event as { readonly message: string }).message
}

export function response(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { kind: 'response', status, headers, body: text, truncated: false, receivedAt: START }
}

/** 202: all of it. */
export const takesAll: Answering = (messages) =>
  response(202, { accepted: messages.length, rejected: [] })

/** Always the same. */
export function answers(status: number, body: unknown = {}, headers = {}): Answering {
  return () => response(status, body, headers)
}
