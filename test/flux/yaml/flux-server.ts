import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { startRealServer } from '../../support/kubernetes/real-server.ts'
import type { Definition } from '../crds/definitions.ts'
import { StoredObject, type StoredRow } from './stored-table.ts'

/** A real API server that knows Flux's Alert and Provider. */
export interface FluxServer {
  /** What it would store of an object, by a dry run with kubectl's strict validation. */
  store(object: unknown): Promise<Pick<StoredRow, 'stored' | 'refused'>>
  stop(): Promise<void>
}

const GROUP = 'notification.toolkit.fluxcd.io/v1beta3'
const READY_WITHIN_MS = 60_000

const Sent = z.looseObject({ kind: z.enum(['Alert', 'Provider']) })

/** Starts one from the folder with its programs; rejects when it does not start. */
export async function startFluxServer(
  assets: string,
  definitions: readonly Definition[],
): Promise<FluxServer> {
  const { admin, stop } = await startRealServer(assets)
  for (const definition of definitions) await admin.apply(definition)
  const folder = `/apis/${GROUP}/namespaces/default`
  const deadline = Date.now() + READY_WITHIN_MS
  for (const kind of ['alerts', 'providers']) {
    const path = `${folder}/${kind}`
    while ((await admin.send('GET', path, undefined, 404)).status === 404) {
      if (Date.now() > deadline) throw new Error(`the API server serves no ${kind}`)
      await sleep(100)
    }
  }
  return {
    stop,
    async store(object) {
      const { kind } = Sent.parse(object)
      const path = `${folder}/${kind.toLowerCase()}s?fieldValidation=Strict&dryRun=All`
      const { status, body } = await admin.send('POST', path, object, 400, 422)
      if (status > 299) return { refused: status }
      const { metadata, spec } = StoredObject.parse(body)
      return { stored: { metadata, spec } }
    },
  }
}
