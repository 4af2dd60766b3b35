import {
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
} from 'node:http'
import { onTestFinished } from 'vitest'
import { waitFor } from './wait-for.ts'

/** An event of a stream; comments are left out. */
export interface StreamedEvent {
  readonly id?: string
  readonly event?: string
  readonly data?: string
  readonly retry?: string
}

/** A stream of Server-Sent Events that a test reads. */
export interface EventSource {
  readonly response: IncomingMessage
  readonly request: ClientRequest
  /** All that came, as text. */
  text(): string
  events(): readonly StreamedEvent[]
  /** The ids of the deliveries that came. */
  deliveries(): readonly unknown[]
  readonly ended: Promise<void>
}

/** Opens a stream, and waits for its first event. It is closed when the test is over. */
export async function openEvents(
  port: number,
  path: string,
  headers: OutgoingHttpHeaders = {},
): Promise<EventSource> {
  const asked = request({ host: '127.0.0.1', port, path, headers, agent: false })
  onTestFinished(() => void asked.destroy())
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve).once('error', reject).end()
  })
  asked.on('error', () => undefined)
  let text = ''
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const ended = new Promise<void>((resolve) => response.once('close', resolve))
  const events = () => eventsIn(text)
  await waitFor(() => {
    if (events().length === 0) throw new Error('there is no event yet')
  })
  return {
    ...{ response, request: asked, ended, events },
    text: () => text,
    deliveries: () =>
      events().flatMap(({ event, data = '' }) =>
        event === 'delivery' ? [JSON.parse(data).id] : [],
      ),
  }
}

function eventsIn(text: string): readonly StreamedEvent[] {
  const blocks = text.split('\n\n').slice(0, -1)
  return blocks
    .filter((block) => !block.startsWith(':'))
    .map((block) =>
      Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2))),
    )
}
