/**
 * Reads OTLP traces from their bytes, by the field numbers of
 * https://github.com/open-telemetry/opentelemetry-proto (trace_service, trace, resource, common).
 */
export function decodeTraces(bytes: Uint8Array): unknown {
  return decode(bytes, TRACES)
}

/** How the content of a field is read; of `many` there may be several. */
type Content = 'text' | 'hex' | 'number' | 'fixed32' | 'fixed64' | Message | { many: Message }
interface Message {
  readonly fields: Readonly<Record<number, readonly [name: string, content: Content]>>
}

const ANY_VALUE: Message = { fields: { 1: ['stringValue', 'text'] } }
const KEY_VALUE: Message = { fields: { 1: ['key', 'text'], 2: ['value', ANY_VALUE] } }
const RESOURCE: Message = {
  fields: { 1: ['attributes', { many: KEY_VALUE }], 2: ['droppedAttributesCount', 'number'] },
}
const SCOPE: Message = { fields: { 1: ['name', 'text'], 2: ['version', 'text'] } }
const STATUS: Message = { fields: { 2: ['message', 'text'], 3: ['code', 'number'] } }
const SPAN: Message = {
  fields: {
    1: ['traceId', 'hex'],
    2: ['spanId', 'hex'],
    4: ['parentSpanId', 'hex'],
    5: ['name', 'text'],
    6: ['kind', 'number'],
    7: ['startTimeUnixNano', 'fixed64'],
    8: ['endTimeUnixNano', 'fixed64'],
    9: ['attributes', { many: KEY_VALUE }],
    10: ['droppedAttributesCount', 'number'],
    12: ['droppedEventsCount', 'number'],
    14: ['droppedLinksCount', 'number'],
    15: ['status', STATUS],
    16: ['flags', 'fixed32'],
  },
}
const SCOPE_SPANS: Message = { fields: { 1: ['scope', SCOPE], 2: ['spans', { many: SPAN }] } }
const RESOURCE_SPANS: Message = {
  fields: { 1: ['resource', RESOURCE], 2: ['scopeSpans', { many: SCOPE_SPANS }] },
}
const TRACES: Message = { fields: { 1: ['resourceSpans', { many: RESOURCE_SPANS }] } }

/** Strict, as a double must be: a field that is not listed, or of another wire type, throws. */
function decode(bytes: Uint8Array, { fields }: Message): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  const reader = new WireReader(bytes)
  while (!reader.isDone) {
    const tag = reader.varint()
    const [name, content] = fields[tag >>> 3] ?? []
    if (name === undefined || content === undefined) throw new Error(`unknown field ${tag >>> 3}`)
    if ((tag & 7) !== wireTypeOf(content)) throw new Error(`${name} has the wire type ${tag & 7}`)
    const value = reader.read(content)
    result[name] = isMany(content) ? [...((result[name] as unknown[]) ?? []), value] : value
  }
  return result
}

function isMany(content: Content): content is { many: Message } {
  return typeof content === 'object' && 'many' in content
}

/** https://protobuf.dev/programming-guides/encoding/#structure */
function wireTypeOf(content: Content): number {
  if (content === 'number') return 0
  if (content === 'fixed64') return 1
  return content === 'fixed32' ? 5 : 2
}

class WireReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes)
  }

  get isDone(): boolean {
    return this.#at >= this.#bytes.length
  }

  varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes.readUInt8(this.#at)
      this.#at += 1
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  read(content: Content): unknown {
    if (content === 'number') return this.varint()
    if (content === 'fixed64') return this.#take(8).readBigUInt64LE()
    if (content === 'fixed32') return this.#take(4).readUInt32LE()
    const bytes = this.#take(this.varint())
    if (content === 'text') return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (content === 'hex') return bytes.toString('hex')
    return decode(bytes, isMany(content) ? content.many : content)
  }

  #take(length: number): Buffer {
    const end = this.#at + length
    if (end > this.#bytes.length) throw new Error('the message ends too early')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}
