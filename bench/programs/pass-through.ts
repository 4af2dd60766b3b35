import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

/**
 * What no relay can undercut: takes a post, sends it on, and answers once the destination has. It
 * stores nothing, matches nothing and retries nothing. Arguments: the destination's URL, and the
 * most requests that it has under way there.
 */
const [destination = '', connections = ''] = process.argv.slice(2)
const pool = new Pool(new URL(destination).origin, { connections: Number(connections) })

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', async () => {
    const answer = await pool.request({
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/json' },
      body: Buffer.concat(chunks),
    })
    await answer.body.dump()
    response.writeHead(answer.statusCode === 200 ? 202 : 502).end()
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  process.stdout.write(`${JSON.stringify({ msg: 'ready', url })}\n`)
})
