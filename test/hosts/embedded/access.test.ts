import { describe, expect, it } from 'vitest'
import { OPERATIONS, type OperationName } from '../../../relay/api/operations.ts'
import {
  bearer,
  OPERATOR,
  PROD,
  type Reply,
  startRelay,
  TOKENS,
  VIEWER,
} from '../../support/embedded-server.ts'

/** Who may use an operation: one that reads, one that changes, and one that a cluster uses for itself. */
type Use = 'read' | 'change' | 'of a cluster' | 'read, of a cluster'

/** A new operation does not compile without a line here. */
const USES: Readonly<Record<OperationName, Use>> = {
  postEvents: 'of a cluster',
  postEvent: 'of a cluster',
  putConfig: 'of a cluster',
  showConfig: 'read, of a cluster',
  putSecret: 'of a cluster',
  putFleetConfig: 'change',
  showFleetConfig: 'read',
  putFleetSecret: 'change',
  listClusters: 'read',
  showOverview: 'read',
  listObjects: 'read',
  listDeliveries: 'read',
  streamDeliveries: 'read',
  showDelivery: 'read',
  replayDelivery: 'change',
  dismissDelivery: 'change',
  listEvents: 'read',
  showEvent: 'read',
  explainEvent: 'read',
  testProvider: 'change',
  listSilences: 'read',
  createSilence: 'change',
  expireSilence: 'change',
  listQuarantine: 'read',
  replayQuarantine: 'change',
}

/** What each sender gets for each use, before the request is looked at. */
const ANSWERS: Readonly<Record<Use, Readonly<Record<'viewer' | 'operator' | 'cluster', string>>>> =
  {
    read: { viewer: 'may', operator: 'may', cluster: 'unauthorized' },
    change: { viewer: 'viewer-only', operator: 'may', cluster: 'unauthorized' },
    'of a cluster': { viewer: 'unauthorized', operator: 'unauthorized', cluster: 'may' },
    'read, of a cluster': { viewer: 'may', operator: 'may', cluster: 'may' },
  }

const NAMES = Object.keys(OPERATIONS) as OperationName[]

/** Sends a request without a body; a path has the cluster of the token. */
async function start() {
  const { call, feed } = await startRelay({ tokens: TOKENS })
  return async (name: OperationName, token?: string) => {
    const { method, path } = OPERATIONS[name]
    const filled = path.replace('{cluster}', 'prod').replace(/\{\w+\}/g, 'x')
    // A stream ends when its relay says so.
    const ends = setInterval(() => feed.endAll('tokens-changed'), 10)
    const reply = await call(method, filled, { headers: token === undefined ? {} : bearer(token) })
    clearInterval(ends)
    return answerOf(reply)
  }
}

function answerOf({ status, json }: Reply): string {
  if (status !== 401 && status !== 403) return 'may'
  return String(Object(json).type)
}

describe('the access to', () => {
  it.each(NAMES)('%s is that of its use', async (name) => {
    const send = await start()
    expect({
      viewer: await send(name, VIEWER),
      operator: await send(name, OPERATOR),
      cluster: await send(name, PROD),
    }).toEqual(ANSWERS[USES[name]])
    expect([await send(name), await send(name, 'wrong')]).toEqual(['unauthorized', 'unauthorized'])
  })

  it.each(NAMES)('%s is for viewers only where its method changes nothing', (name) => {
    const { method, access } = OPERATIONS[name]
    const isRead = access === 'viewer' || access === 'cluster-or-viewer'
    // What is explained is in a body, and nothing of it is kept.
    if (name !== 'explainEvent') expect(isRead).toBe(method === 'GET')
  })
})
