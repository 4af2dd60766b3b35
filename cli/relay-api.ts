import { z } from 'zod'
import { UsageError } from './usage-error.ts'

/** An operator's way to a relay's HTTP interface. */
export interface RelayApi {
  /** Every delivery that fits the parameters of `GET /v1/deliveries`, latest first. */
  deliveries(parameters: Readonly<Record<string, string>>): AsyncIterable<DeliverySummary>
  /** Undefined when the replay is queued, else why it is not. */
  replay(id: string): Promise<string | undefined>
}

const DeliverySummary = z.object({ id: z.string(), reason: z.string() })
export type DeliverySummary = z.infer<typeof DeliverySummary>

const DeliveriesPage = z.object({
  deliveries: z.array(DeliverySummary),
  nextCursor: z.string().optional(),
})

const Problem = z.object({ detail: z.string() })

/** Most that a relay lists on one page. */
const PAGE_SIZE = '200'

const TIMEOUT_MS = 30_000

/**
 * Speaks to the relay at `url`, with the operator token of the environment variable
 * `FLUX_RELAY_TOKEN` when there is one. Every call rejects with `UsageError` when the relay cannot
 * be reached or refuses.
 */
export function createRelayApi(url: string, token: string | undefined): RelayApi {
  const base = URL.parse(url)
  if (base === null) throw new UsageError(`--relay ${url}: expected a URL`, 2)

  const request = async (method: 'GET' | 'POST', path: string): Promise<Response> => {
    const headers = token ? { authorization: `Bearer ${token}` } : {}
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    try {
      return await fetch(new URL(path, base), { method, headers, signal, redirect: 'error' })
    } catch (error) {
      const { cause, message } = error as Error
      const why = cause instanceof Error ? cause.message : message
      throw new UsageError(`cannot reach the relay at ${base.origin}: ${why}`, 1)
    }
  }

  const page = async (parameters: Readonly<Record<string, string>>) => {
    const answer = await request('GET', `/v1/deliveries?${new URLSearchParams(parameters)}`)
    if (!answer.ok) throw new UsageError(await detailOf(answer), 1)
    return DeliveriesPage.parse(await answer.json())
  }

  return {
    async *deliveries(parameters) {
      let cursor: string | undefined
      do {
        const listed = await page({ ...parameters, limit: PAGE_SIZE, ...(cursor && { cursor }) })
        yield* listed.deliveries
        cursor = listed.nextCursor
      } while (cursor !== undefined)
    },
    async replay(id) {
      const answer = await request('POST', `/v1/deliveries/${encodeURIComponent(id)}/replay`)
      if (answer.ok) return undefined
      const detail = await detailOf(answer)
      if (answer.status === 404 || answer.status === 409) return detail
      throw new UsageError(detail, 1)
    },
  }
}

async function detailOf(answer: Response): Promise<string> {
  const problem = Problem.safeParse(await answer.json().catch(() => undefined))
  return problem.success
    ? `the relay answered ${answer.status}: ${problem.data.detail}`
    : `the relay answered ${answer.status}`
}
