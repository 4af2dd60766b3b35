import { randomBytes } from 'node:crypto'
import { tokenMatches } from '../../relay/api/credentials.ts'
import { MAX_NESTING, nestsDeeperThan, parseJson } from '../../relay/api/json.ts'
import type { Clock } from '../../relay/ports/clock.ts'
import { urlOf } from '../kit/http-server.ts'

/** How many bodies the sink keeps, the latest ones. */
const MAX_ECHOES = 50

/** How many bytes it keeps of each. */
const MAX_ECHO_BYTES = 64 * 1024

/** A body that was posted to the sink. */
export interface EchoedBody {
  /** RFC 3339, UTC. */
  readonly receivedAt: string
  readonly contentType: string
  /** The body's JSON value, or its text when it is none or was cut. */
  readonly body: unknown
  /** Whether only the beginning was kept. */
  readonly isCut: boolean
}

/** A destination within the relay itself, to see what a Provider sends: for the quickstart. */
export interface Echo {
  /** Where it takes bodies. The key in it is new in every process. */
  readonly path: string
  isKey(key: string): boolean
  take(body: Uint8Array, contentType: string): void
  /** The bodies, the newest first. */
  list(): readonly EchoedBody[]
}

/** Makes the sink; it keeps everything in memory. */
export function createEcho(clock: Pick<Clock, 'now'>): Echo {
  const key = randomBytes(16).toString('hex')
  const echoes: EchoedBody[] = []
  return {
    path: `/echo/${key}`,
    isKey: (presented) => tokenMatches(presented, [key]),
    take(body, contentType) {
      const receivedAt = new Date(clock.now()).toISOString()
      echoes.unshift({ receivedAt, contentType, ...kept(body) })
      echoes.length = Math.min(echoes.length, MAX_ECHOES)
    },
    list: () => [...echoes],
  }
}

/** The URL of the sink, of a relay that listens on this address. A wildcard address is none to connect to. */
export function echoAddress(host: string, port: number, echo: Pick<Echo, 'path'>): string {
  const reachable = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
  return `${urlOf({ host: reachable, port })}${echo.path}`
}

function kept(bytes: Uint8Array): Pick<EchoedBody, 'body' | 'isCut'> {
  const text = Buffer.from(bytes.subarray(0, MAX_ECHO_BYTES)).toString('utf8')
  if (bytes.byteLength > MAX_ECHO_BYTES) return { body: text, isCut: true }
  const parsed = parseJson(text)
  const isShowable = 'value' in parsed && !nestsDeeperThan(parsed.value, MAX_NESTING)
  return { body: isShowable ? parsed.value : text, isCut: false }
}
