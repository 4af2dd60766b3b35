import { describe, expect, it } from 'vitest'
import { receiveEvents } from '../../../relay/api/receive-events.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

// What Go 1.26's encoding/json makes of these bodies in the struct of a Flux event.

const OBJECT =
  '"involvedObject":{"kind":"Kustomization","namespace":"apps","name":"web","apiVersion":"kustomize.toolkit.fluxcd.io/v1"}'

async function post(body: string | Uint8Array, gotkComponent?: string) {
  const ports = memoryPorts()
  const answer = await receiveEvents(ports, {
    cluster: 'prod',
    body: typeof body === 'string' ? Buffer.from(body) : body,
    isSigned: false,
    events: 'one',
    gotkComponent,
  })
  return { status: answer.status, detail: answer.body, event: ports.queue.events[0]?.event }
}

/** An event with these fields; a text is taken byte by byte. */
function withFields(fields: string): Buffer {
  return Buffer.from(`{${Buffer.from(OBJECT).toString('latin1')},${fields}}`, 'latin1')
}

describe('names of fields', () => {
  it.each([
    [
      'all upper',
      '"INVOLVEDOBJECT":{"KIND":"K","NAMESPACE":"n","NAME":"x","APIVERSION":"v1"},"MESSAGE":"m"',
    ],
    [
      'as in Go',
      '"InvolvedObject":{"Kind":"K","Namespace":"n","Name":"x","APIVersion":"v1"},"Message":"m"',
    ],
    [
      'all lower',
      '"involvedobject":{"kind":"K","namespace":"n","name":"x","apiversion":"v1"},"message":"m"',
    ],
    [
      'mixed',
      '"iNvOlVeDoBjEcT":{"kInD":"K","nAmEsPaCe":"n","nAmE":"x","aPiVeRsIoN":"v1"},"mEsSaGe":"m"',
    ],
    [
      'letters that fold to ASCII',
      '"involvedObject":{"\\u212aind":"K","name\\u017fpace":"n","name":"x","apiVer\\u017fion":"v1"},"me\\u017f\\u017fage":"m"',
    ],
  ])('may be in any case: %s', async (_, fields) => {
    const { status, event } = await post(`{${fields}}`)
    expect(status).toBe(202)
    expect(event).toMatchObject({
      involvedObject: { kind: 'K', namespace: 'n', name: 'x', apiVersion: 'v1' },
      message: 'm',
    })
  })

  it.each([
    ['"message":"a","MESSAGE":"b"', { message: 'b' }],
    ['"MESSAGE":"b","message":"a"', { message: 'a' }],
    ['"message":"a","message":"b"', { message: 'b' }],
    ['"message":"a","Message":null', { message: 'a' }],
    ['"Message":null,"message":"a"', { message: 'a' }],
    ['"INVOLVEDOBJECT":{"name":"y"}', { involvedObject: { kind: 'Kustomization', name: 'y' } }],
    ['"InvolvedObject":null', { involvedObject: { kind: 'Kustomization', name: 'web' } }],
    [
      '"metadata":{"event.toolkit.fluxcd.io/a":"1"},"METADATA":{"event.toolkit.fluxcd.io/b":"2"}',
      { metadata: { 'event.toolkit.fluxcd.io/a': '1', 'event.toolkit.fluxcd.io/b': '2' } },
    ],
    ['"metadata":{"event.toolkit.fluxcd.io/a":"1"},"Metadata":null', { metadata: {} }],
    ['"Severity":"error","reaſon":"Failed"', { severity: 'error', reason: 'Failed' }],
  ])('the last of several wins, and null says nothing: %s', async (fields, expected) => {
    expect((await post(`{${OBJECT},${fields}}`)).event).toMatchObject(expected)
  })

  it('does not confuse keys of metadata, which are no fields', async () => {
    const key = 'kustomize.toolkit.fluxcd.io/Revision'
    const { event } = await post(`{${OBJECT},"metadata":{"${key}":"x"}}`)
    expect(event?.metadata).toEqual({ [key]: 'x' })
  })

  it.each(['"__proto__":{"message":"x"}', '"constructor":1,"toString":2'])(
    'knows none beyond these: %s',
    async (fields) => {
      const { status, event } = await post(`{${OBJECT},${fields}}`)
      expect([status, event?.message]).toEqual([202, ''])
    },
  )
})

describe('values', () => {
  it.each([
    ['"metadata":null', {}],
    ['"metadata":{}', {}],
    ['"metadata":{"event.toolkit.fluxcd.io/a":null}', { 'event.toolkit.fluxcd.io/a': '' }],
    [
      '"metadata":{"event.toolkit.fluxcd.io/\\ud800":"\\udc00"}',
      { 'event.toolkit.fluxcd.io/\ufffd': '\ufffd' },
    ],
  ])('of metadata may be absent: %s', async (fields, metadata) => {
    const { status, event } = await post(`{${OBJECT},${fields}}`)
    expect([status, event?.metadata]).toEqual([202, metadata])
  })

  it.each([
    '"metadata":[]',
    '"metadata":"x"',
    '"metadata":{"a":1}',
    '"message":1',
    '"message":{}',
    '"severity":true',
    '"message":"a",',
  ])('must be of their type: %s', async (fields) => {
    expect((await post(`{${OBJECT},${fields}}`)).status).toBe(400)
  })

  it.each([
    ['a byte that none begins with', 'a\xffb', 'a\ufffdb'],
    ['Latin-1', 'caf\xe9', 'caf\ufffd'],
    ['Latin-1 in a row', '\xe9\xe8', '\ufffd\ufffd'],
    ['a character that is cut', '\xf0\x9f\x98', '\ufffd\ufffd\ufffd'],
    ['one that is cut before the end', '\xe2\x82 x', '\ufffd\ufffd x'],
    ['an overlong form', '\xc0\xaf', '\ufffd\ufffd'],
    ['a surrogate', '\xed\xa0\x80', '\ufffd\ufffd\ufffd'],
    ['beyond Unicode', '\xf4\x90\x80\x80', '\ufffd\ufffd\ufffd\ufffd'],
    ['half of a pair', '\\ud800x', '\ufffdx'],
    ['halves in a row', '\\ud800\\ud83d\\ude00', '\ufffd😀'],
    ['what is right beside what is not', '\xc3\xa9\xff\xf0\x9f\x98\x80\xe2\x82\xac', 'é\ufffd😀€'],
  ])('are text although they are not UTF-8: %s', async (_, text, expected) => {
    const { status, event } = await post(withFields(`"message":"${text}"`))
    expect([status, event?.message]).toEqual([202, expected])
  })

  it('takes 3 MiB of what is not UTF-8 in no time', async () => {
    const message = Buffer.alloc(3 * 1024 * 1024 - 1_000, 0xff).toString('latin1')
    // Of the processor: a busy machine takes its time.
    const before = process.cpuUsage()
    expect((await post(withFields(`"message":"${message}"`))).status).toBe(202)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 1_000).toBeLessThan(5_000)
  })
})

describe('timestamps', () => {
  it.each([
    ['2026-11-20T09:14:03Z', '2026-11-20T09:14:03.000Z'],
    ['2026-11-20T09:14:03.1Z', '2026-11-20T09:14:03.100Z'],
    ['2026-11-20T09:14:03.123456789Z', '2026-11-20T09:14:03.123Z'],
    ['2026-11-20T09:14:03.1234567890Z', '2026-11-20T09:14:03.123Z'],
    [`2026-11-20T09:14:03.${'9'.repeat(40)}Z`, '2026-11-20T09:14:03.999Z'],
    [`2026-11-20T09:14:03.${'0'.repeat(5_000)}Z`, '2026-11-20T09:14:03.000Z'],
    ['2026-11-20T09:14:03,5Z', '2026-11-20T09:14:03.500Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['2026-11-20T09:14:03+05:30', '2026-11-20T03:44:03.000Z'],
    ['2026-11-20T23:14:03.25-05:30', '2026-11-21T04:44:03.250Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('%s is taken', async (timestamp, expected) => {
    expect((await post(`{${OBJECT},"timestamp":"${timestamp}"}`)).event?.timestamp).toBe(expected)
  })

  it.each([
    '2026-02-30T00:00:00Z',
    '2025-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T12:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T23:60:00Z',
    '2026-11-20T23:59:60Z',
    '2026-11-20T09:14:03.Z',
    '2026-11-20 09:14:03Z',
    '2026-11-20T09:14:03',
    '2026-11-20T09:14Z',
    '2026-11-20T09:14:03+0100',
    '',
  ])('%s is refused', async (timestamp) => {
    const { status, detail } = await post(`{${OBJECT},"timestamp":"${timestamp}"}`)
    expect([status, detail]).toEqual([400, expect.stringContaining('timestamp: expected an RFC')])
  })
})

describe('a field named event', () => {
  it.each(['"event":{"x":1}', '"event":"x"', '"event":null', '"event":{"involvedObject":{}}'])(
    'of a Flux event makes no batch form: %s',
    async (fields) => {
      const { status, event } = await post(`{${fields},${OBJECT},"message":"m"}`)
      expect([status, event?.involvedObject.name, event?.message]).toEqual([202, 'web', 'm'])
    },
  )

  it('makes one where there is no object beside it', async () => {
    const { event } = await post(`{"event":{${OBJECT},"MESSAGE":"m"},"objectLabels":{"a":"b"}}`)
    expect(event?.message).toBe('m')
  })
})

describe('an object without a namespace', () => {
  it.each([
    '{"kind":"Node","name":"n1"}',
    '{"kind":"Node","name":"n1","namespace":""}',
    '{"kind":"Node","name":"n1","namespace":null}',
  ])('%s is of the namespace in which Kubernetes has its Events', async (object) => {
    const { status, event } = await post(`{"involvedObject":${object}}`)
    expect([status, event?.involvedObject.namespace]).toEqual([202, 'default'])
  })

  it('is the same object, and the same event, for all that names them', async () => {
    const ports = memoryPorts()
    const bodies = ['', '"namespace":"default",'].map(
      (namespace) =>
        `{"timestamp":"2026-11-20T09:14:03Z","involvedObject":{"kind":"Node",${namespace}"name":"n1"}}`,
    )
    for (const body of bodies) {
      const request = { cluster: 'prod', isSigned: false, events: 'one' as const }
      await receiveEvents(ports, { ...request, body: Buffer.from(body) })
    }
    expect(ports.queue.events).toHaveLength(1)
  })
})

describe('metadata that a notification-controller forwards', () => {
  it('keeps keys with a slash, of which its Alerts add some', async () => {
    const metadata = {
      'example.com/team': 'web',
      'kustomize.toolkit.fluxcd.io.example.com/x': 'y',
      'a/b/c': 'd',
      '/e': 'f',
      revision: 'main@sha1:1',
      commit: 'c',
      'kustomize.toolkit.fluxcd.io/originRevision': 'o',
      'event.toolkit.fluxcd.io/env': 'prod',
    }
    const { event } = await post(
      `{${OBJECT},"metadata":${JSON.stringify(metadata)}}`,
      'kustomize-controller',
    )
    expect(event?.metadata).toEqual({
      'kustomize.toolkit.fluxcd.io/example.com/team': 'web',
      'kustomize.toolkit.fluxcd.io/kustomize.toolkit.fluxcd.io.example.com/x': 'y',
      'kustomize.toolkit.fluxcd.io/a/b/c': 'd',
      'kustomize.toolkit.fluxcd.io//e': 'f',
      'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:1',
      'event.toolkit.fluxcd.io/commit': 'c',
      'kustomize.toolkit.fluxcd.io/originRevision': 'o',
      'event.toolkit.fluxcd.io/env': 'prod',
    })
  })

  it('drops them of everybody else, as notification-controller does', async () => {
    const { event } = await post(`{${OBJECT},"metadata":{"example.com/team":"web"}}`)
    expect(event?.metadata).toEqual({})
  })
})
