import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ArrivalLog } from '../arrivals.ts'
import { answerParent } from '../asking.ts'
import { readMark } from '../marked-event.ts'
import type { SinkAnswer, SinkQuestion } from '../sink.ts'

/** A destination: notes what arrives, and answers as its one argument says. */
const how = JSON.parse(process.argv[2] ?? '') as SinkAnswer
const log = new ArrivalLog()

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const mark = readMark(Buffer.concat(chunks).toString())
    if (mark) log.add(mark)
    answer(response)
  })
})
server.keepAliveTimeout = 60_000

function answer(response: ServerResponse): void {
  if (how.kind === 'at-once') response.end()
  if (how.kind === 'after') setTimeout(() => response.end(), how.ms)
  if (how.kind === 'failing') response.writeHead(503).end()
}

answerParent((question) => {
  const { kind, stream } = question as SinkQuestion
  return kind === 'count' ? log.count(stream) : log.of(stream)
})
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  process.stdout.write(`${JSON.stringify({ msg: 'ready', url })}\n`)
})
