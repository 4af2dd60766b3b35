import type { RequestListener, ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'

/** A relay that says nothing about events before it is released, and takes them at once after that. */
export interface HeldRelay {
  readonly handler: RequestListener
  /** Events that came with the labels of their object; those of a repeated batch count again. */
  readonly labelled: number
  release(): void
}

export function createHeldRelay(): HeldRelay {
  let held: (() => void)[] | undefined = []
  let labelled = 0
  const handler: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      // Whoever gave up a batch asks whether the relay is there, before it sends it again.
      if (request.method === 'GET') return answer(response, 200, {})
      if (request.method === 'PUT') return answer(response, 200, { revision: '1', objects: [] })
      const batch: readonly object[] = JSON.parse(gunzipSync(Buffer.concat(chunks)).toString())
      labelled += batch.filter((item) => 'objectLabels' in item).length
      const take = () => answer(response, 202, { accepted: batch.length, rejected: [] })
      if (held) held.push(take)
      else take()
    })
  }
  return {
    handler,
    get labelled() {
      return labelled
    },
    release() {
      for (const take of held ?? []) take()
      held = undefined
    },
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
