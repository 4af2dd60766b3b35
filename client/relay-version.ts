import type { Answer } from '../relay/api/answer.ts'
import { refusalText } from './answers.ts'
import { UsageError } from './usage-error.ts'

/** What a relay that serves HTTP is asked for its version by. */
export interface MetricsRequests {
  /** `GET /metrics`, which needs no token. */
  readMetrics(): Promise<Answer>
}

/** The versions of a relay and, where it is one process, of its Node.js. */
export interface RelayVersion {
  readonly version: string
  readonly node?: string
}

/** The sample that tells the build: https://prometheus.io/docs/instrumenting/exposition_formats/ */
const BUILD_INFO = /^flux_relay_build_info\{([^}\n]{0,1000})\} 1$/m

/** Asks a relay for its version, which its metrics have. Rejects with `UsageError`. */
export async function relayVersion(requests: MetricsRequests): Promise<RelayVersion> {
  const answer = await requests.readMetrics()
  if (answer.status !== 200) throw new UsageError(refusalText(answer), 1)
  const [, labels = ''] = BUILD_INFO.exec(answer.body ?? '') ?? []
  const [version, node] = [labelOf(labels, 'version'), labelOf(labels, 'node_version')]
  if (version !== undefined && node !== undefined) return { version, node }
  throw new UsageError(
    'the relay does not tell its version: it is older than this program, or no relay',
    1,
  )
}

function labelOf(labels: string, name: string): string | undefined {
  return new RegExp(`(?:^|,)${name}="([^"\\\\]*)"`).exec(labels)?.[1]
}
