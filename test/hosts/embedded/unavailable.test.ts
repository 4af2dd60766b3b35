import { expect, it } from 'vitest'
import { DatabaseError, type DatabaseErrorKind } from '../../../adapters/sqlite/database-error.ts'
import { configurationsInTurns } from '../../../hosts/embedded/configurations/configurations.ts'
import { createTurnGate } from '../../../hosts/embedded/turn-gate.ts'
import { deliveryRecord } from '../../support/delivery-records.ts'
import { bearer, OPERATOR, PROD, startRelay, TOKENS } from '../../support/embedded-server.ts'

const CONFIG = JSON.stringify({ takenAt: '2026-11-20T09:14:03Z', alerts: [], providers: [] })
const EVENT = JSON.stringify({
  involvedObject: { kind: 'Kustomization', namespace: 'flux-system', name: 'podinfo' },
  message: 'm',
})

/** A store whose methods reject, but those that are let through, as one on a full disk does. */
function failing<T extends object>(store: T, error: Error, ...works: readonly string[]): T {
  return new Proxy(store, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key)
      if (typeof member !== 'function' || works.includes(String(key))) return member
      return () => Promise.reject(error)
    },
  })
}

/** A relay whose stores can be read, unless `readsToo`, and not written. */
async function relayOn(problem: DatabaseErrorKind, readsToo = false) {
  const error = new DatabaseError('/data/flux-relay.db', problem, 'it does not work.')
  const { ports } = await startRelay()
  const record = deliveryRecord({ outcome: 'dead' })
  ports.ledger.put(record)
  const reads = readsToo ? [] : ['read', 'readMany', 'list', 'assertWritable']
  const broken = <T extends object>(store: T) => failing(store, error, ...reads)
  const brokenPorts = {
    ...ports,
    queue: broken(ports.queue),
    ledger: broken(ports.ledger),
    state: broken(ports.state),
    configs: broken(ports.configs),
  }
  const relay = await startRelay({
    tokens: TOKENS,
    ports: brokenPorts,
    configurations: configurationsInTurns(brokenPorts, createTurnGate()),
    secretWriter: broken(ports.secrets),
    quarantine: broken(ports.quarantine),
  })
  return { ...relay, id: record.id }
}

const WRITES = [
  ['POST', '/v1/deliveries/ID/replay', OPERATOR, ''],
  ['POST', '/v1/deliveries/ID/dismiss', OPERATOR, ''],
  ['POST', '/v1/quarantine/replay', OPERATOR, ''],
  ['PUT', '/v1/clusters/prod/config', PROD, CONFIG],
  ['PUT', '/v1/clusters/prod/secrets/flux-system/slack', PROD, '{"token":"t"}'],
] as const

const READS = [
  ['GET', '/v1/deliveries', OPERATOR, ''],
  ['GET', '/v1/deliveries/ID', OPERATOR, ''],
  ['GET', '/v1/quarantine', OPERATOR, ''],
  ['GET', '/v1/clusters/prod/config', OPERATOR, ''],
] as const

it.each([
  ...(['full', 'io', 'closed', 'gone'] as const).flatMap((problem) =>
    WRITES.map((request) => [problem, ...request] as const),
  ),
  ...READS.map((request) => ['io', ...request] as const),
])('when the disk is %s, %s %s is to be sent again later', async (problem, ...request) => {
  const [method, path, token, body] = request
  const { call, id, logged } = await relayOn(problem, method === 'GET')
  const reply = await call(method, path.replace('ID', id), { headers: bearer(token), body })
  expect([reply.status, reply.headers['retry-after']]).toEqual([503, '5'])
  expect(reply.headers['content-type']).toBe('application/problem+json')
  expect(reply.json).toMatchObject({ status: 503, detail: expect.stringMatching(/send .*again/) })
  // Who asks is told nothing of the files of this machine; the log has it.
  expect(reply.text).not.toContain('/data')
  expect(logged()).toContain('/data/flux-relay.db: it does not work.')
})

it.each([
  ['/v1/clusters/prod/events', bearer(PROD)],
  ['/', bearer(PROD)],
])('a sender of events at %s waits as it does after any 503', async (path, headers) => {
  const { call } = await relayOn('full')
  const reply = await call('POST', path, { headers, body: EVENT })
  expect([reply.status, reply.headers['retry-after']]).toEqual([503, undefined])
})
