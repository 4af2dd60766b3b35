import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type AwsEndpoint, localOptions } from './aws-endpoints.ts'

/** What GetSecretValue answers: a value, or an error of this type and message. */
export type SecretAnswer =
  | { readonly SecretString: string }
  | { readonly SecretBinary: string }
  | { readonly error: string; readonly message?: string }

/** Secrets Manager over HTTP, with GetSecretValue only; anything else fails the test that asks. */
export interface SecretsManagerDouble extends AwsEndpoint {
  /** By full id. Others are not found. */
  readonly secrets: Map<string, SecretAnswer>
  /** The ids that were asked for. */
  readonly reads: string[]
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
export async function startSecretsManager(): Promise<SecretsManagerDouble> {
  const secrets = new Map<string, SecretAnswer>()
  const reads: string[] = []
  const server = createServer((request, response) => {
    void answer(request, response, secrets, reads)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { options: localOptions(`http://127.0.0.1:${port}`), stop, secrets, reads }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  secrets: ReadonlyMap<string, SecretAnswer>,
  reads: string[],
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const input = JSON.parse(Buffer.concat(chunks).toString()) as { readonly SecretId?: string }
  const id = input.SecretId ?? ''
  reads.push(id)
  const isExpected =
    request.method === 'POST' &&
    request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue' &&
    Object.keys(input).join() === 'SecretId'
  const found = isExpected
    ? (secrets.get(id) ?? { error: 'ResourceNotFoundException' })
    : { error: 'UnknownOperationException' }
  const body = 'error' in found ? { __type: found.error, message: found.message ?? '' } : found
  const status = 'error' in found ? (found.error.startsWith('Internal') ? 500 : 400) : 200
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
  response.end(JSON.stringify({ Name: id, ...body }))
}
