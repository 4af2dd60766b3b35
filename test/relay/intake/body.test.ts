import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  MAX_EVENTS,
  MAX_EVENTS_BYTES,
  readItems,
  readSingleItem,
} from '../../../relay/intake/body.ts'

const bytes = (text: string) => Buffer.from(text)
const NDJSON = 'application/x-ndjson'

function items(text: string, contentType?: string) {
  return readItems({ body: bytes(text), contentType })
}

describe('readItems', () => {
  it.each([
    ['one object', '{"a":1}', [{ value: { a: 1 } }]],
    ['one object over several lines', '{\n  "a": 1\n}\n', [{ value: { a: 1 } }]],
    ['an array', '[{"a":1}, 2]', [{ value: { a: 1 } }, { value: 2 }]],
    ['a byte order mark', '\uFEFF{"a":1}', [{ value: { a: 1 } }]],
  ])('reads %s', (_, text, expected) => {
    expect(items(text)).toEqual({ items: expected })
  })

  it.each([NDJSON, 'application/ndjson', 'Application/JSONL; charset=utf-8'])(
    'reads lines as %s',
    (contentType) => {
      expect(items('{"a":1}\r\n\n 2 \n', contentType)).toEqual({
        items: [{ value: { a: 1 } }, { value: 2 }],
      })
    },
  )

  it('rejects a bad line alone, by the number it has in the body', () => {
    expect(items('{"a":1}\n\n{"secret": hunter2}\n{"b":2}', NDJSON)).toEqual({
      items: [
        { value: { a: 1 } },
        { error: expect.stringMatching(/^line 3 is not valid JSON/) },
        { value: { b: 2 } },
      ],
    })
  })

  it('knows NDJSON by its first line when no content type says so', () => {
    expect(items('\n{"a":1}\n{"b":2}\n', 'application/json')).toEqual({
      items: [{ value: { a: 1 } }, { value: { b: 2 } }],
    })
  })

  it.each([
    ['several lines that are not NDJSON', '{"a":1,\n"b" 2}', 'not valid JSON at line 2, column 5'],
    ['one broken line', '{"a":1', 'the body is not valid JSON'],
    ['a first line that is no object', '1\n2', 'the body is not valid JSON'],
    ['a string', '"hello"', 'received a string'],
    ['null', 'null', 'received null'],
    ['nothing', '', 'the body is empty'],
    ['an empty array', '[]', 'there is no event in the body'],
    ['white space', ' \n ', 'the body is not valid JSON'],
  ])('refuses %s', (_, text, detail) => {
    const read = items(text)
    expect(read).toMatchObject({ problem: { status: 400 } })
    expect(read).toHaveProperty('problem.detail', expect.stringContaining(detail))
  })

  it('quotes nothing of a body that is not JSON', () => {
    expect(JSON.stringify(items('xoxb-secret'))).not.toContain('xoxb')
    expect(JSON.stringify(items('{"token": xoxb-secret}'))).not.toContain('xoxb')
  })

  it('takes U+FFFD for what is not UTF-8', () => {
    const body = Buffer.concat([bytes('{"a":"'), Buffer.from([0xff, 0xfe]), bytes('"}')])
    expect(readItems({ body })).toEqual({ items: [{ value: { a: '\ufffd\ufffd' } }] })
  })

  it('takes exactly the largest body, and not one byte more', () => {
    const largest = Buffer.alloc(MAX_EVENTS_BYTES, ' ')
    largest.write('{"a":1}')
    expect(readItems({ body: largest })).toEqual({ items: [{ value: { a: 1 } }] })
    const larger = Buffer.concat([largest, bytes(' ')])
    expect(readItems({ body: larger })).toMatchObject({ problem: { status: 413 } })
    const packed = { contentEncoding: 'gzip' }
    expect(readItems({ body: gzipSync(largest), ...packed })).toHaveProperty('items')
    expect(readItems({ body: gzipSync(larger), ...packed })).toMatchObject({
      problem: { status: 413 },
    })
  })

  it('stops unpacking a bomb', () => {
    const body = gzipSync(Buffer.alloc(200 * 1024 * 1024))
    expect(body.byteLength).toBeLessThan(MAX_EVENTS_BYTES)
    const before = process.memoryUsage().arrayBuffers
    expect(readItems({ body, contentEncoding: 'gzip' })).toMatchObject({ problem: { status: 413 } })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * 1024 * 1024)
  })

  it.each(['gzip', ' GZIP ', 'x-gzip'])('unpacks Content-Encoding %s', (contentEncoding) => {
    expect(readItems({ body: gzipSync('{"a":1}'), contentEncoding })).toEqual({
      items: [{ value: { a: 1 } }],
    })
  })

  it.each([
    ['garbage', bytes('{"a":1}')],
    ['a cut stream', gzipSync('{"a":1}').subarray(0, -4)],
    ['a changed checksum', Buffer.concat([gzipSync('{"a":1}').subarray(0, -8), Buffer.alloc(8)])],
  ])('refuses gzip that is %s', (_, body) => {
    expect(readItems({ body, contentEncoding: 'gzip' })).toMatchObject({
      problem: { status: 400, detail: expect.stringContaining('gzip') },
    })
  })

  it.each(['br', 'deflate', 'zstd', 'gzip, gzip'])(
    'refuses Content-Encoding %s',
    (contentEncoding) => {
      expect(readItems({ body: bytes('{}'), contentEncoding })).toMatchObject({
        problem: { status: 415, detail: expect.stringContaining('gzip') },
      })
    },
  )

  it('takes no more events than it can judge quickly', () => {
    const batch = (count: number) => `[${Array(count).fill('1').join(',')}]`
    expect(items(batch(MAX_EVENTS))).toHaveProperty('items')
    expect(items(batch(MAX_EVENTS + 1))).toMatchObject({ problem: { status: 413 } })
  })

  it('reads any JSON array and any JSON lines back', () => {
    const values = fc.array(fc.jsonValue(), { minLength: 1 })
    const property = fc.property(values, (given) => {
      const expected = { items: given.map((value) => ({ value: viaJson(value) })) }
      expect(items(JSON.stringify(given))).toEqual(expected)
      const lines = given.map((value) => JSON.stringify(value)).join('\n')
      expect(items(lines, NDJSON)).toEqual(expected)
    })
    fc.assert(property, { numRuns: 200 })
  })
})

describe('readSingleItem', () => {
  it('reads one object', () => {
    expect(readSingleItem({ body: bytes('{"a":1}') })).toEqual({ items: [{ value: { a: 1 } }] })
  })

  it.each(['[{"a":1}]', '{"a":1}\n{"b":2}', '3'])('refuses %j', (text) => {
    expect(readSingleItem({ body: bytes(text) })).toMatchObject({ problem: { status: 400 } })
  })
})

function viaJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
