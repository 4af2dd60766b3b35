import { hash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'
import { change } from '../../adapters/sqlite/statement.ts'
import { openThreadedDatabase } from '../../adapters/sqlite/threaded-database.ts'
import { tuneEngine } from '../../hosts/embedded/engine-settings.ts'
import type { Event } from '../../relay/model/event.ts'

/**
 * What a relay that keeps its promise cannot undercut: the pass-through, and the two commits of an event, with the
 * rows and the indexes of the relay's database. An event is on the disk before it is answered, and what became of
 * it is afterwards. There are no rules, repeats, retries, redactions, credentials, logs and metrics. Arguments: the
 * destination's URL, the most requests that it has under way there, and the file of its database.
 */
const [destination = '', connections = '', file = ''] = process.argv.slice(2)
tuneEngine()
const pool = new Pool(new URL(destination).origin, { connections: Number(connections) })
const database = await openThreadedDatabase(file, (error) => {
  throw error
})

const ACCEPT = 'INSERT INTO events (id, grp, accepted_at, queued, body) VALUES (?, ?, ?, 1, ?)'
const REMEMBER = `INSERT INTO state (key, version, value, expires_at) VALUES (?1, 1, ?2, ?3)
  ON CONFLICT (key) DO UPDATE SET version = version + 1, value = ?2, expires_at = ?3`
const RECORD = `INSERT INTO ledger
  (id, cluster, alert, provider, object, outcome, accepted_at, version, expires_at, attempt, event_seq, body)
  VALUES (?, 'local', 'bench/all', 'bench/sink', ?, 'delivered', ?, 1, ?, 1, ?, ?)`
const TAKE_OFF = 'UPDATE events SET queued = 0 WHERE seq = ?'

/** As much as the relay keeps of an object and of a delivery, in characters. */
const MEMORY = '.'.repeat(600)
const OUTCOME = '.'.repeat(750)
const DAY_MS = 86_400_000

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', async () => {
    const event = JSON.parse(Buffer.concat(chunks).toString()) as Event
    const accepted = await accept(event)
    response.writeHead(202).end()
    const answer = await pool.request({
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(event),
    })
    await answer.body.dump()
    if (answer.statusCode === 200) await settle(accepted)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  process.stdout.write(`${JSON.stringify({ msg: 'ready', url })}\n`)
})

interface Accepted {
  readonly seq: number
  readonly id: string
  readonly object: string
  readonly acceptedAt: number
}

async function accept(event: Event): Promise<Accepted> {
  const { kind, namespace, name } = event.involvedObject
  const object = `${kind}/${namespace}/${name}`
  const id = hash('sha256', JSON.stringify(event))
  const acceptedAt = Date.now()
  const parameters = [id, hash('sha256', object), acceptedAt, JSON.stringify({ event, acceptedAt })]
  // With `first` the number of the row is what is returned.
  const unit = [{ first: ACCEPT, sql: ACCEPT, parameters, returns: true }]
  const result = await database.write(unit)
  if (result.kind !== 'done') throw new Error('the event was not stored')
  return { seq: Number(result.changed[0]?.rows[0]), id, object, acceptedAt }
}

async function settle({ seq, id, object, acceptedAt }: Accepted): Promise<void> {
  const now = Date.now()
  await database.write([
    change(REMEMBER, hash('sha256', object), MEMORY, now + DAY_MS),
    change(
      RECORD,
      hash('sha256', `${id}bench/all`),
      object,
      acceptedAt,
      now + 30 * DAY_MS,
      seq,
      OUTCOME,
    ),
    change(TAKE_OFF, seq),
  ])
}
