/**
 * Durations and times that differ from one report of a thing to the next. Whether one does, the
 * words before it tell: "finished in 2s" measures something, "retention 5m" is what it is about.
 *
 * All patterns are bounded and linear, and none can match a placeholder.
 */

const DURATION =
  /(?<![\w.@/:+-])(?:\d{1,20}(?:\.\d{1,20})?(?:ns|us|µs|μs|ms|s|m|h)){1,6}(?![\w/@-]|\.\w)/g

/** Three digits of fraction: nobody configures such a duration, so it was measured. */
const MEASURED_FRACTION = /\.\d{3}/

/** The words before a measured duration, or before the time until the next try. */
const BEFORE_MEASURED = new RegExp(
  [
    String.raw`\b(?:in|after|took|taken|elapsed|lasted|back-?off|uptime|latency|retry-after)["']?[\s:=]{1,2}$`,
    String.raw`\b(?:wait(?:ed|ing)|lasted|running|pending|failing|stuck|down|idle|un\w{3,12}|(?:been|not|no) \w{1,20}) for $`,
  ].join('|'),
  'i',
)

/** The words behind a measured duration, as in `3m2s ago`. */
const BEHIND_MEASURED = /^ (?:ago|elapsed|remaining|left)\b/

/** How many characters before a duration or a time are looked at. */
const CONTEXT_LENGTH = 64

/** The text with every measured duration replaced. */
export function withoutMeasuredDurations(text: string): string {
  return text.replace(DURATION, (duration, offset: number) => {
    const isMeasured =
      MEASURED_FRACTION.test(duration) ||
      BEFORE_MEASURED.test(contextBefore(text, offset)) ||
      BEHIND_MEASURED.test(text.slice(offset + duration.length, offset + duration.length + 16))
    return isMeasured ? '<duration>' : duration
  })
}

/** An RFC 3339 time with a `T` or a blank, and what Go appends when it prints a time. */
const TIME =
  /(?<![\w.-])\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d)(?: [A-Z]{3,4}(?![\w]))?)?(?: m=[+-]\d{1,12}\.\d{1,9})?(?![\w])/g

/** Fractions of a second, or the monotonic clock of a process, mark the moment of the report. */
const MOMENT = /:\d\d[.,]\d|m=/

/** A time at the start of a log line is the line's own. */
const AT_LINE_START = /(?:^|\n|\[)[ \t]{0,4}$/

/** The words before the time of a report, or of the next try. */
const BEFORE_MOMENT = new RegExp(
  [
    String.raw`(?:time|timestamp|\b(?:date|ts|now|at|on))["'\\]{0,2}[ :=]{1,3}["'\\]{0,2}$`,
    String.raw`\b(?:(?:retry|again|reset) (?:at|after|in)|(?:exceeded|limited|blocked|locked|paused) until) $`,
  ].join('|'),
  'i',
)

/** The words before a time that is the point of the sentence, whatever else stands before it. */
const BEFORE_POINT =
  /\b(?:expir\w{1,16}|valid\w{0,16}|renew\w{0,16}|schedul\w{1,4}|due|backup|snapshot|restor\w{1,5}|suspended|maintenance)\b[^.;:,\n]{0,24}:? ?["'\\]{0,2}$/i

/** Times of special forms that only the moment of a request or of a log line has. */
const MOMENTS: ReadonlyArray<readonly [pattern: RegExp, placeholder: string]> = [
  // The date of a signed request at AWS: `Signature expired: 20170111T204052Z is now earlier than …`
  [/(?<![\w.-])\d{8}T\d{6}Z(?![\w])/g, '<time>'],
  // The head of a log line by klog: `E0914 11:18:17.852229  615847 spec_controller.go:241]`.
  [/(?<![\w.-])[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6} {1,8}\d{1,8} /g, '<time> '],
  // https://www.rfc-editor.org/rfc/rfc9110.html#section-5.6.7
  [
    /(?<![\w.-])(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/g,
    '<time>',
  ],
]

/** The text with each time that is the moment of a report or of the next try replaced. */
export function withoutMoments(text: string): string {
  const placed = text.replace(TIME, (time, offset: number) => {
    const before = contextBefore(text, offset)
    const isMoment =
      MOMENT.test(time) ||
      AT_LINE_START.test(before) ||
      (BEFORE_MOMENT.test(before) && !BEFORE_POINT.test(before))
    return isMoment ? '<time>' : time
  })
  return MOMENTS.reduce((rest, [pattern, mark]) => rest.replace(pattern, mark), placed)
}

function contextBefore(text: string, offset: number): string {
  return text.slice(Math.max(0, offset - CONTEXT_LENGTH), offset)
}
