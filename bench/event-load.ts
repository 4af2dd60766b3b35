import { Pool } from 'undici'
import { involvedKustomization, KUSTOMIZATIONS } from './kubernetes-objects.ts'

/** How much is posted: whichever bound is reached first ends it. */
export interface Load {
  /** Each of them waits for the answer before it posts its next event. */
  readonly senders: number
  readonly seconds: number
  readonly maxEvents: number
}

let sequence = 0

/** Posts events to a shipper. Gives how many it took a second; rejects for an answer other than 202. */
export async function load(url: string, { senders, seconds, maxEvents }: Load): Promise<number> {
  const pool = new Pool(new URL(url).origin, { connections: senders })
  const last = sequence + maxEvents
  const first = sequence
  const start = performance.now()
  const end = start + seconds * 1_000
  const sendAll = async () => {
    while (sequence < last && performance.now() < end) await post(pool)
  }
  try {
    await Promise.all(Array.from({ length: senders }, sendAll))
    return ((sequence - first) * 1_000) / (performance.now() - start)
  } finally {
    await pool.destroy()
  }
}

async function post(pool: Pool): Promise<void> {
  sequence += 1
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fluxEvent(sequence)),
  })
  const answer = await body.text()
  if (statusCode !== 202) throw new Error(`the shipper answered ${statusCode}: ${answer}`)
}

/** An event as kustomize-controller posts it. Each reports something else, so none repeats another. */
function fluxEvent(index: number) {
  return {
    involvedObject: involvedKustomization(index % KUSTOMIZATIONS),
    severity: 'info',
    timestamp: new Date().toISOString(),
    message: `Reconciliation ${index} finished in 412.4ms, next run in 10m0s`,
    reason: 'ReconciliationSucceeded',
    metadata: {
      'kustomize.toolkit.fluxcd.io/revision': 'main@sha1:3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b',
    },
    reportingController: 'kustomize-controller',
    reportingInstance: 'kustomize-controller-7d9f8b6c5-x2x4z',
  }
}
