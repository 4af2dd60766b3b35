import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createHttpClient } from '../../../adapters/http/client.ts'
import { postBatch } from '../../../client/cluster/post-batch.ts'
import { putSet } from '../../../client/cluster/put-set.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

/** The address of a server that closes each connection after these bytes of an answer, and a client. */
async function startCutting(answer: string) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const http = createHttpClient({ allowPrivate: true, userAgent: 'test' })
  onTestFinished(async () => {
    await http.destroy()
    server.close()
  })
  const tokenFile = join(temporaryDirectory(), 'token')
  writeFileSync(tokenFile, 'token')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { http, relay: { url, tokenFile, transport: { timeoutMs: 5_000 } } }
}

const head = (status: string) => `HTTP/1.1 ${status}\r\ncontent-length: 100\r\n\r\n`

it.each(['202 Accepted', '400 Bad Request', '403 Forbidden'])(
  'an answer to a batch that is cut off says so, and may be of the connection: %s',
  async (status) => {
    const { http, relay } = await startCutting(`${head(status)}{"accepted":1,`)
    const reason = status.slice(0, 3)
    expect(await postBatch(http, relay, [{ body: '{}' }])).toMatchObject({
      ...{ kind: 'retry', reason, suspicion: 'weak' },
      detail: `HTTP ${reason}: the answer was cut off`,
    })
  },
)

it('an answer to a set that is cut off says so', async () => {
  const { http, relay } = await startCutting(`${head('200 OK')}{"revision":`)
  expect(await putSet(http, relay, { alerts: [], providers: [] }, 0)).toMatchObject({
    ...{ kind: 'retry', reason: '200' },
    detail: 'HTTP 200: the answer was cut off',
  })
})
