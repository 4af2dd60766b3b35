import { describe, expect, it } from 'vitest'
import { createOutageWait } from '../../../hosts/shipper/send/outage.ts'
import type { HttpResponse, OutboundRequest, TransportFailure } from '../../../relay/ports/http.ts'

type Answer = number | 'connect' | 'timeout'

/** Waits a minute after a failure; the relay answers so, one question after the other. */
async function waitOut(reason: string, answers: readonly Answer[], retryAfterMs?: number) {
  const waits: number[] = []
  const asked: OutboundRequest[] = []
  const wait = createOutageWait({
    http: {
      send: async (request) => {
        asked.push(request)
        return answerOf(answers[Math.min(asked.length, answers.length) - 1] ?? 'connect')
      },
    },
    url: 'https://relay.test/readyz',
    transport: { timeoutMs: 35_000 },
    random: () => 0.5,
    wait: async (ms) => void waits.push(ms),
  })
  const failure = { reason, ...(retryAfterMs !== undefined && { retryAfterMs }) }
  await wait(60_000, failure, new AbortController().signal)
  const waitedMs = waits.reduce((sum, ms) => sum + ms, 0)
  return { waitedMs, asked }
}

function answerOf(answer: Answer): HttpResponse | TransportFailure {
  if (typeof answer !== 'number') {
    return { kind: 'failure', cause: answer, mayHaveArrived: false, detail: 'test' }
  }
  const rest = { headers: {}, body: '', truncated: false, receivedAt: 0 }
  return { kind: 'response', status: answer, ...rest }
}

describe('after an outage the relay is asked every two seconds, without the token', () => {
  it.each<[string, string, readonly Answer[], number]>([
    ['it is back at once', 'connect', [200], 2_000],
    ['it is back after a while', 'connect', ['connect', 'connect', 'connect', 200], 8_000],
    ['its name is known again', 'dns', ['connect', 200], 4_000],
    ['the shipper has fewer files open again', 'host', [200], 2_000],
    ['it was behind a gateway', '503', [503, 503, 200], 6_000],
    ['it is on AWS, where there is no such path', 'connect', ['connect', 404], 4_000],
    ['it went away while it was waited for', '500', [200, 'connect', 200], 6_000],
    ['it never comes back', 'connect', ['connect'], 60_000],
    ['it never answers, and each question takes its time', 'connect', ['timeout'], 30_000],
    ['it has been there all the time, and fails', '503', [200], 60_000],
    ['it has been there, and an event breaks it', 'reset', [200], 60_000],
  ])('%s', async (_, reason, answers, waitedMs) => {
    const { waitedMs: waited, asked } = await waitOut(reason, answers)
    expect(waited).toBe(waitedMs)
    const { method, url, headers } = asked[0] ?? {}
    expect([method, url, headers]).toEqual(['GET', 'https://relay.test/readyz', {}])
  })

  it('but not where it says itself how long to wait', async () => {
    expect(await waitOut('503', [200], 60_000)).toEqual({ waitedMs: 60_000, asked: [] })
  })
})
