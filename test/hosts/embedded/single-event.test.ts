import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyCharacter } from '../../support/any-character.ts'
import { expectProblem, PROD, startRelay, TOKENS } from '../../support/embedded-server.ts'
import { runsOf } from '../../support/full-size.ts'
import { fixtureJson } from '../../support/notifications.ts'

const EVENT = fixtureJson('kustomization-applied')
const BODY = JSON.stringify(EVENT)

describe('POST /', () => {
  it('takes one event for the own cluster, without tokens', async () => {
    const { call, ports } = await startRelay()
    const reply = await call('POST', '/', { body: BODY })
    expect([reply.status, reply.text]).toEqual([202, ''])
    expect(ports.queue.events).toMatchObject([{ cluster: 'local' }])
  })

  it('restores what a notification-controller stripped', async () => {
    const { call, ports } = await startRelay()
    const body = JSON.stringify({ ...EVENT, metadata: { revision: 'main' } })
    await call('POST', '/', { body })
    await call('POST', '/', { body, headers: { 'Gotk-Component': 'kustomize-controller' } })
    expect(ports.queue.events.map(({ event }) => event.metadata)).toEqual([
      {},
      { 'kustomize.toolkit.fluxcd.io/revision': 'main' },
    ])
  })

  it.each([`[${BODY}]`, `${BODY}\n${BODY}`])('refuses a batch', async (body) => {
    const { call, ports } = await startRelay()
    expectProblem(await call('POST', '/', { body }), 400, '')
    expect(ports.queue.events).toEqual([])
  })

  it.each([
    ['Basic, with colons in the password', `Basic ${btoa('prod:prod:token:2')}`],
    ['a bearer token, which names its cluster', `Bearer ${PROD}`],
  ])('knows the sender by %s', async (_, authorization) => {
    const { call, ports } = await startRelay({ tokens: TOKENS })
    const headers = { Authorization: authorization }
    expect((await call('POST', '/', { body: BODY, headers })).status).toBe(202)
    expect(ports.queue.events).toMatchObject([{ cluster: 'prod' }])
  })

  it.each([
    undefined,
    `Basic ${btoa('staging:prod-token-1')}`,
    `Basic ${btoa('nope:prod-token-1')}`,
    `Basic ${btoa('prod:')}`,
    'Basic %%%',
    'Bearer operator-token-1',
    'Bearer',
  ])('refuses %j', async (authorization) => {
    const { call, ports } = await startRelay({ tokens: TOKENS })
    const headers = authorization === undefined ? {} : { Authorization: authorization }
    const reply = await call('POST', '/', { body: BODY, headers })
    expectProblem(reply, 401, 'expected a cluster as user')
    expect(reply.headers['www-authenticate']).toMatch(/^Bearer, Basic/)
    expect(ports.queue.events).toEqual([])
  })

  it('answers any JSON and any bytes, and never with a 5xx', async () => {
    const { call } = await startRelay()
    const object = fc.record(
      { kind: fc.jsonValue(), namespace: fc.string(), name: fc.string(), apiVersion: fc.string() },
      { requiredKeys: [] },
    )
    const event = fc.record(
      {
        involvedObject: fc.oneof(object, fc.jsonValue()),
        metadata: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
        timestamp: fc.oneof(fc.date({ noInvalidDate: true }), fc.jsonValue()),
        message: fc.oneof(fc.string({ unit: anyCharacter }), fc.jsonValue()),
        severity: fc.jsonValue(),
      },
      { requiredKeys: [] },
    )
    const text = fc.oneof(event, fc.jsonValue()).map((value) => Buffer.from(JSON.stringify(value)))
    const bodies = fc.oneof(
      text,
      text.map((bytes) => gzipSync(bytes)),
      fc.uint8Array(),
    )
    const encodings = fc.constantFrom(undefined, 'gzip', 'identity')
    const property = fc.asyncProperty(bodies, encodings, async (body, encoding) => {
      const headers = encoding === undefined ? {} : { 'Content-Encoding': encoding }
      const { status, json, text } = await call('POST', '/', { body, headers })
      expect([202, 400, 413, 415]).toContain(status)
      expect(status === 202 ? text === '' : json !== undefined).toBe(true)
    })
    await fc.assert(property, { numRuns: runsOf(100) })
  })
})
