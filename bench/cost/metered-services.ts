import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { startDynamoDb, startSqs } from '../../test/support/aws-endpoints.ts'
import { startSecretsManager } from '../../test/support/secrets-manager.ts'
import { newTally, type Tally } from './counts.ts'
import { createDynamoDbMeter } from './dynamodb-meter.ts'
import type { TableShape } from './dynamodb-units.ts'

/** Requests of SQS are billed by this much of what they carry. */
const SQS_CHUNK_BYTES = 65_536

type Service = 'dynamodb' | 'sqs' | 'secretsmanager'

/** Doubles of the services, behind a proxy that counts what is asked of them. */
export interface MeteredServices {
  /** The addresses of the proxies, as the SDK reads them. */
  readonly variables: Readonly<Record<string, string>>
  /** Past the proxies. */
  readonly direct: Readonly<Record<Service, string>>
  readonly tables: Map<string, TableShape>
  /** How often the services were waited for since the last time, and what they were asked. */
  take(): { readonly counts: Tally; readonly rounds: number }
  /** How many secrets there are. */
  secrets(): number
  stop(): Promise<void>
}

export async function startMeteredServices(): Promise<MeteredServices> {
  const [dynamoDb, sqs, secrets] = await Promise.all([
    startDynamoDb(),
    startSqs(),
    startSecretsManager(),
  ])
  const tables = new Map<string, TableShape>()
  let [tally, rounds, underWay, created] = [newTally(), 0, 0, 0]
  const direct = {
    dynamodb: dynamoDb.options.endpoint ?? '',
    sqs: sqs.options.endpoint ?? '',
    secretsmanager: secrets.options.endpoint ?? '',
  }
  const ask = async (operation: string, input: object) => {
    const headers = { 'x-amz-target': `DynamoDB_20120810.${operation}`, ...ASKING }
    const { status, body } = await pass(
      direct.dynamodb,
      headers,
      Buffer.from(JSON.stringify(input)),
    )
    if (status !== 200) throw new Error(`DynamoDB ${operation}: ${body}`)
    return JSON.parse(String(body))
  }
  const meter = createDynamoDbMeter(ask, tables, () => tally)
  const count = async (service: Service, operation: string, body: Buffer) => {
    const name = `${service} ${operation}`
    tally.calls[name] = (tally.calls[name] ?? 0) + 1
    tally.requestBytes += body.length
    if (service === 'dynamodb') return meter(operation, JSON.parse(String(body)))
    if (service === 'secretsmanager') tally.secretsManagerRequests += 1
    else countSqs(tally, operation, JSON.parse(String(body)))
    return async () => undefined
  }
  const proxy = async (service: Service) => {
    const server = createServer(async (request, response) => {
      try {
        const body = await buffer(request)
        const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? ''
        rounds += underWay === 0 ? 1 : 0
        underWay += 1
        const counted = await count(service, operation, body)
        const answer = await pass(direct[service], request.headers, body)
        if (answer.status === 200) await counted(JSON.parse(String(answer.body) || '{}'))
        if (answer.status === 200 && operation === 'CreateSecret') created += 1
        tally.responseBytes += answer.body.length
        response.writeHead(answer.status, answer.headers).end(answer.body)
      } catch (error) {
        response.writeHead(500).end(String(error))
      } finally {
        underWay -= 1
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  }
  const proxies = {
    dynamodb: await proxy('dynamodb'),
    sqs: await proxy('sqs'),
    secretsmanager: await proxy('secretsmanager'),
  }
  return {
    direct,
    tables,
    variables: {
      AWS_ENDPOINT_URL_DYNAMODB: proxies.dynamodb.url,
      AWS_ENDPOINT_URL_SQS: proxies.sqs.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: proxies.secretsmanager.url,
    },
    take() {
      const taken = { counts: tally, rounds }
      ;[tally, rounds] = [newTally(), 0]
      return taken
    },
    secrets: () => created,
    async stop() {
      for (const { server } of Object.values(proxies)) {
        server.closeAllConnections()
        server.close()
      }
      await Promise.all([dynamoDb.stop(), sqs.stop(), secrets.stop()])
    },
  }
}

/** What the emulator of DynamoDB wants to see. */
const ASKING = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-date': '20260101T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=none',
}

/** What a queue takes and gives is its payload: bodies and attributes. */
function countSqs(
  tally: Tally,
  operation: string,
  input: { QueueUrl?: string; Entries?: object[] },
) {
  const isFifo = input.QueueUrl?.endsWith('.fifo') === true
  const payload = operation.startsWith('Send') ? JSON.stringify(input.Entries ?? input).length : 0
  const requests = Math.max(Math.ceil(payload / SQS_CHUNK_BYTES), 1)
  if (isFifo) tally.sqsFifoRequests += requests
  else tally.sqsRequests += requests
}

function pass(
  endpoint: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: Buffer,
) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    readonly status: number
    readonly headers: Record<string, string | string[] | undefined>
    readonly body: Buffer
  }>()
  const forwarded = Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => !['host', 'connection', 'content-length'].includes(name),
    ),
  )
  const options = { method: 'POST', headers: { ...forwarded, 'content-length': body.length } }
  const outgoing = httpRequest(endpoint, options as object, async (incoming) => {
    const { transfer, connection, ...kept } = incoming.headers as Record<string, string | undefined>
    delete kept['transfer-encoding']
    resolve({ status: incoming.statusCode ?? 500, headers: kept, body: await buffer(incoming) })
  })
  outgoing.on('error', reject).end(body)
  return promise
}
