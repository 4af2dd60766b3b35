/** The types that expressions are made of; `strings` and `ints` are lists. */
export type Type =
  | 'string'
  | 'int'
  | 'uint'
  | 'double'
  | 'bool'
  | 'bytes'
  | 'timestamp'
  | 'duration'
  | 'strings'
  | 'ints'
  | 'map'
  | 'optional'
  | 'dyn'

export const TYPES: readonly Type[] = [
  ...(['string', 'int', 'uint', 'double', 'bool', 'bytes', 'timestamp', 'duration'] as const),
  ...(['strings', 'ints', 'map', 'optional', 'dyn'] as const),
]

export const STRINGS = [
  ...[
    '""',
    "'a'",
    "'abc'",
    "'main@sha1:7c3b1f2'",
    "'a-b-c'",
    "'ÄÖü ß İ ſ K'",
    "'a😀b𐐀'",
    "'  x\\t'",
  ],
  ...[
    "'%s|%d'",
    "'2.5'",
    "'true'",
    "'12'",
    "'\\ufb01\\U0001F600'",
    "r'\\d+'",
    "'aGVsbG8='",
    "'\\n\"'",
  ],
  ...[
    "'\\uffee'",
    "'aXbX'",
    "'-'",
    "'a'",
    "'😀'",
    "'2026-11-20T09:14:03.250+02:00'",
    "'1h30m'",
    "'UTC'",
  ],
]
export const INTS = [
  '0',
  '1',
  '2',
  '3',
  '5',
  '-1',
  '-7',
  '42',
  '0x1F',
  '9223372036854775807',
  '1000000',
]
export const UINTS = ['0u', '1u', '7u', '0xFFu', '18446744073709551615u']
export const DOUBLES = [
  ...['0.0', '-0.0', '1.0', '0.1', '2.5', '-2.5', '1e21', '1e-7', '123456.789', '3.0', '1e300'],
  ...['0.5', '1234567.0', '100000.0', '9007199254740993.0'],
]
export const BYTES = ["b''", "b'abc'", "b'\\xff\\x00'", "b'\\377a'", "b'é'", "bytes('😀')"]
export const TIMES = [
  ...['2026-11-20T09:14:03Z', '2026-11-20T09:14:03.250+02:00', '1969-12-31T23:59:59.999999999Z'],
  ...[
    '2024-02-29T12:00:00-08:00',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    '2026-02-30T00:00:00Z',
  ],
  ...['2026-11-20', '2026-11-20T24:00:00Z', '2026-03-29T01:30:00Z'],
]
export const DURATIONS = [
  '0',
  '1s',
  '1h30m',
  '-1.5s',
  '250ms',
  '1us',
  '36h',
  '2562047h',
  '1.1h',
  '1d',
  '.5m',
  '3µs',
]
export const ZONES = [
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Asia/Kolkata',
  '+05:30',
  '-08:00',
  '25:00',
  'No/Where',
]
export const PATTERNS = ["'^a'", "'[a-z]+'", "'(?i)ABC'", "'b$'", "'\\\\d'", "'('", "'😀'"]
export const CLAUSES = [
  '%s',
  '%d',
  '%f',
  '%.2f',
  '%e',
  '%.0f',
  '%x',
  '%X',
  '%b',
  '%o',
  '%.3e',
  '%%',
]
export const FIELDS = [
  ...[
    'event.message',
    'event.reason',
    'event.metadata.env',
    'event.metadata.emoji',
    'event.metadata.turkish',
  ],
  ...[
    'event.metadata.constructor',
    'event.metadata.missing',
    "event.metadata['a.b/c']",
    'event.metadata.n',
  ],
  ...['event.involvedObject.name', 'event.involvedObject.fieldPath', 'alert.spec.eventSeverity'],
  ...[
    'provider.metadata.uid',
    'event.timestamp',
    'event.metadata.`a.b/c`',
    'alert.metadata.labels.team',
  ],
]
export const OBJECTS = [
  'event',
  'event.metadata',
  'alert.spec',
  'alert.spec.eventSources[0]',
  'provider.metadata',
]

export const TIME_GETTERS = [
  ...['getFullYear', 'getMonth', 'getDayOfYear', 'getDayOfMonth', 'getDate', 'getDayOfWeek'],
  ...['getHours', 'getMinutes', 'getSeconds', 'getMilliseconds'],
]
