import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_EVENTS_BYTES } from '../../../relay/api/body.ts'
import { MAX_EVENTS, readItems, readSingleItem } from '../../../relay/api/event-items.ts'
import { runsOf } from '../../support/full-size.ts'

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
  ])('reads %s', async (_, text, expected) => {
    expect(await items(text)).toEqual({ items: expected })
  })

  it.each([NDJSON, 'application/ndjson', 'Application/JSONL; charset=utf-8'])(
    'reads lines as %s',
    async (contentType) => {
      expect(await items('{"a":1}\r\n\n 2 \n', contentType)).toEqual({
        items: [{ value: { a: 1 } }, { value: 2 }],
      })
    },
  )

  it('rejects a bad line alone, by the number it has in the body', async () => {
    expect(await items('{"a":1}\n\n{secret: hunter2}\n{"b":2}', NDJSON)).toEqual({
      items: [
        { value: { a: 1 } },
        { error: 'line 3 is not valid JSON at column 2' },
        { value: { b: 2 } },
      ],
    })
  })

  it('knows NDJSON by its first line when no content type says so', async () => {
    expect(await items('\n{"a":1}\n{"b":2}\n', 'application/json')).toEqual({
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
  ])('refuses %s', async (_, text, detail) => {
    const read = await items(text)
    expect(read).toMatchObject({ problem: { status: 400 } })
    expect(read).toHaveProperty('problem.detail', expect.stringContaining(detail))
  })

  it('quotes nothing of a body that is not JSON', async () => {
    expect(JSON.stringify(await items('xoxb-secret'))).not.toContain('xoxb')
    expect(JSON.stringify(await items('{"token": xoxb-secret}'))).not.toContain('xoxb')
  })

  it('takes U+FFFD for what is not UTF-8', async () => {
    const body = Buffer.concat([bytes('{"a":"'), Buffer.from([0xff, 0xfe]), bytes('"}')])
    expect(await readItems({ body })).toEqual({ items: [{ value: { a: '\ufffd\ufffd' } }] })
  })

  it('takes exactly the largest body, and not one byte more', async () => {
    const largest = Buffer.alloc(MAX_EVENTS_BYTES, ' ')
    largest.write('{"a":1}')
    expect(await readItems({ body: largest })).toEqual({ items: [{ value: { a: 1 } }] })
    const larger = Buffer.concat([largest, bytes(' ')])
    expect(await readItems({ body: larger })).toMatchObject({ problem: { status: 413 } })
    const packed = { contentEncoding: 'gzip' }
    expect(await readItems({ body: gzipSync(largest), ...packed })).toHaveProperty('items')
    expect(await readItems({ body: gzipSync(larger), ...packed })).toMatchObject({
      problem: { status: 413 },
    })
  })

  it('stops unpacking a bomb', async () => {
    const body = gzipSync(Buffer.alloc(200 * 1024 * 1024))
    expect(body.byteLength).toBeLessThan(MAX_EVENTS_BYTES)
    const before = process.memoryUsage().arrayBuffers
    expect(await readItems({ body, contentEncoding: 'gzip' })).toMatchObject({
      problem: { status: 413 },
    })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * 1024 * 1024)
  })

  it.each(['gzip', ' GZIP ', 'x-gzip'])('unpacks Content-Encoding %s', async (contentEncoding) => {
    expect(await readItems({ body: gzipSync('{"a":1}'), contentEncoding })).toEqual({
      items: [{ value: { a: 1 } }],
    })
  })

  it.each([
    ['garbage', bytes('{"a":1}')],
    ['a cut stream', gzipSync('{"a":1}').subarray(0, -4)],
    ['a changed checksum', Buffer.concat([gzipSync('{"a":1}').subarray(0, -8), Buffer.alloc(8)])],
  ])('refuses gzip that is %s', async (_, body) => {
    expect(await readItems({ body, contentEncoding: 'gzip' })).toMatchObject({
      problem: { status: 400, detail: expect.stringContaining('gzip') },
    })
  })

  it.each(['br', 'deflate', 'zstd', 'gzip, gzip'])(
    'refuses Content-Encoding %s',
    async (contentEncoding) => {
      expect(await readItems({ body: bytes('{}'), contentEncoding })).toMatchObject({
        problem: { status: 415, detail: expect.stringContaining('gzip') },
      })
    },
  )

  it('takes no more events than it can judge quickly', async () => {
    const batch = (count: number) => `[${Array(count).fill('1').join(',')}]`
    expect(await items(batch(MAX_EVENTS))).toHaveProperty('items')
    expect(await items(batch(MAX_EVENTS + 1))).toMatchObject({ problem: { status: 413 } })
  })

  const BATCH = (item: string, count: number) => `[${Array(count).fill(item).join(',')}]`
  const events = (count: number) =>
    Array.from({ length: count }, (_, n) => `{"n":"${'x'.repeat(200)}${n}"}`)

  it.each([
    ['a million empty objects', BATCH('{}', 900_000), undefined, 'at most 10000 events'],
    [
      'a million empty arrays in one',
      `[${BATCH('[]', 900_000)}]`,
      undefined,
      'at most 500000 values',
    ],
    ['lines of junk', 'x\n'.repeat(1_400_000), NDJSON, 'at most 10000 events'],
    ['lines of one comma', ',\n'.repeat(1_400_000), NDJSON, 'at most 10000 events'],
    [
      'lines of many values',
      `${'[[],[],[]]\n'.repeat(9_999)}${'[],'.repeat(500_000)}`,
      NDJSON,
      'values',
    ],
    [
      'one event of many keys',
      `{"metadata":{${'"k":"",'.repeat(150_000)}"z":""}}`,
      undefined,
      'at most 10000 values',
    ],
    ['brackets without an end', '['.repeat(3_000_000), undefined, 'values'],
  ])('counts %s before it makes any', async (_, text, contentType, detail) => {
    const before = process.memoryUsage().heapUsed
    const read = await items(text, contentType)
    expect(read).toMatchObject({
      problem: { status: 413, detail: expect.stringContaining(detail) },
    })
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 * 1024 * 1024)
  })

  it.each([
    ['too many values', `[${'[],'.repeat(10_000)}1]`, 'larger than 10000 values'],
    [
      'too many keys',
      `{"metadata":{${'"k":"",'.repeat(10_000)}"z":""}}`,
      'larger than 10000 values',
    ],
    ['too deep', '['.repeat(102) + ']'.repeat(102), 'nested deeper than 100 levels'],
  ])('rejects one of a batch that is %s alone', async (_, item, error) => {
    const good = events(200)
    const expected = good.map((text) => ({ value: JSON.parse(text) as unknown }))
    const array = await items(`[${[...good, item, ...good].join(' ,\n')}] `)
    expect(array).toEqual({ items: [...expected, { error: `it is ${error}` }, ...expected] })
    const lines = await items([...good, item, ...good].join('\n'), NDJSON)
    expect(lines).toEqual({ items: [...expected, { error: `line 201 is ${error}` }, ...expected] })
  })

  it.each([
    ['cut', (array: string) => array.slice(0, -1), ': it ends too early'],
    ['cut in a string', (array: string) => array.slice(0, -4), ': it ends too early'],
    ['with more behind it', (array: string) => `${array}\n x`, ' at line 201, column'],
    [
      'without one element',
      (array: string) => array.replace(',\n', ',\n,'),
      ' at line 2, column 1',
    ],
    ['that ends in a comma', (array: string) => array.replace(/]$/, ',]'), ' at line 200'],
    ['with a wrong bracket', (array: string) => array.replace(/]$/, '}'), ' at line 200'],
    [
      'with a broken element',
      (array: string) => array.replace('"}', '",}'),
      ' at line 1, column 211',
    ],
    [
      'with a broken last element',
      (array: string) => array.replace(/"}]$/, '"x}]'),
      ' at line 200',
    ],
  ])('says where a large array is broken: %s', async (_, breakIt, where) => {
    const read = await items(breakIt(`[${events(200).join(',\n')}]`))
    expect(read).toMatchObject({ problem: { status: 400 } })
    expect(read).toHaveProperty('problem.detail', expect.stringContaining(`not valid JSON${where}`))
  })

  it('lets others work while it reads a large batch', async () => {
    let pauses = 0
    const pause = async () => {
      pauses += 1
    }
    await readItems({ body: bytes(`[${events(1_000).join()}]`) }, pause)
    expect(pauses).toBeGreaterThan(4)
    await readItems({ body: bytes(events(1_000).join('\n')), contentType: NDJSON }, pause)
    expect(pauses).toBeGreaterThan(9)
  })

  it('reads large arrays and lines as it reads small ones', async () => {
    const values = fc.array(fc.jsonValue(), { minLength: 1 })
    const padding = { text: 'é'.repeat(17_000) }
    const property = fc.asyncProperty(values, async (given) => {
      const all = [padding, ...given]
      const expected = { items: all.map((value) => ({ value: viaJson(value) })) }
      expect(await items(JSON.stringify(all, undefined, 1))).toEqual(expected)
      const lines = all.map((value) => JSON.stringify(value)).join('\r\n')
      expect(await items(lines, NDJSON)).toEqual(expected)
    })
    await fc.assert(property, { numRuns: runsOf(20) })
  })

  it('reads any JSON array and any JSON lines back', async () => {
    const values = fc.array(fc.jsonValue(), { minLength: 1 })
    const property = fc.asyncProperty(values, async (given) => {
      const expected = { items: given.map((value) => ({ value: viaJson(value) })) }
      expect(await items(JSON.stringify(given))).toEqual(expected)
      const lines = given.map((value) => JSON.stringify(value)).join('\n')
      expect(await items(lines, NDJSON)).toEqual(expected)
    })
    await fc.assert(property, { numRuns: runsOf(40) })
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
