import { Writable } from 'node:stream'
import type { DestinationStream } from 'pino'
import { PinoPretty } from 'pino-pretty'

type LogEntry = Readonly<Record<string, unknown>>

/** What every entry has, and what the layout shows elsewhere. */
const SHOWN: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'err'])

/**
 * A stream that lays entries out for a person. Load this module when it is needed, and
 * not pino-pretty: in the package, CommonJS that is loaded so has a default export and no other.
 */
export function prettyStream(output: DestinationStream): DestinationStream {
  const destination = new Writable({
    write(text, _encoding, done) {
      output.write(String(text))
      done()
    },
  })
  return PinoPretty({
    translateTime: 'SYS:HH:MM:ss',
    sync: true,
    hideObject: true,
    messageFormat: prettyEntry,
    destination,
  })
}

/** An entry as one line for a person, without level and time. */
function prettyEntry(entry: LogEntry): string {
  return entry.outcome === undefined ? prettyNotice(entry) : withoutControls(prettyDecision(entry))
}

/** What came from outside must not steer the terminal. */
function withoutControls(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ')
}

/** `delivered Kustomization/apps/web -> apps/slack: HTTP 200 (39 ms)` */
function prettyDecision({ outcome, object, alert, provider, reason, dueAt, latencyMs }: LogEntry) {
  const target = provider ?? alert
  const to = target === undefined ? '' : ` -> ${target}`
  const next = dueAt === undefined ? '' : `, next try at ${dueAt}`
  return `${outcome} ${object}${to}: ${reason}${next} (${latencyMs} ms)`
}

function prettyNotice(entry: LogEntry): string {
  const details = Object.entries(entry)
    .filter(([key, value]) => !SHOWN.has(key) && value !== undefined)
    .map(([key, value]) => `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
  const error = entry.err === undefined ? [] : [String(Object(entry.err).stack ?? entry.err)]
  return [...[entry.msg, ...details].map(String).map(withoutControls), ...error].join(' ')
}
