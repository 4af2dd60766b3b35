import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import dynalite from 'dynalite'
import { buildApp } from 'fauxqs'
import type { AwsClientOptions } from '../../adapters/aws/clients.ts'

/** A service that speaks an AWS protocol. */
export interface AwsEndpoint {
  readonly options: AwsClientOptions
  stop(): Promise<void>
}

/**
 * `npm run test:aws` runs the same tests on services that are there already: clients find them, and
 * their region and credentials, in the environment.
 */
const given = process.env.FLUX_RELAY_TEST_SERVICES

/** The endpoint of all services; undefined when each test file starts its own. */
export const givenEndpoint: AwsEndpoint | undefined =
  given === undefined ? undefined : { options: {}, stop: async () => undefined }

/** Whether they are those of an AWS account, which shows a write later than an emulator does. */
export const isAccount = given === 'account'

/** DynamoDB, in this process. */
export async function startDynamoDb(): Promise<AwsEndpoint> {
  if (givenEndpoint) return givenEndpoint
  const server = dynalite({ createTableMs: 0 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()))
  return { options: localOptions(`http://127.0.0.1:${port}`), stop }
}

/** SQS, in this process. */
export async function startSqs(): Promise<AwsEndpoint> {
  if (givenEndpoint) return givenEndpoint
  const app = buildApp({ logger: false, host: '127.0.0.1' })
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { options: localOptions(url), stop: async () => app.close() }
}

/** Options of a client for a service on this machine. */
export function localOptions(endpoint: string): AwsClientOptions {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return { endpoint, region: 'eu-central-1', credentials }
}

/** Milliseconds, of which an emulator on a busy machine takes several thousand. */
const PATIENCE_MS = 60_000

/** A client of the SDK. */
interface SdkClient {
  readonly config: { readonly requestHandler: object }
  readonly middlewareStack: { remove(name: string): boolean }
}

interface Timeouts {
  updateHttpClientConfig(key: 'connectionTimeout' | 'requestTimeout', value: number): void
}

/** Fits a client to the services of a test. */
export function fitted<T extends SdkClient>(client: T): T {
  beWithPatience(client)
  if (!givenEndpoint) saveTime(client)
  return client
}

/**
 * Makes a client wait for a slow answer. Given up, a request is sent again: then what it received is
 * hidden in the queue and what it made is there already, though nothing is wrong.
 */
function beWithPatience({ config }: SdkClient): void {
  // Every handler of the SDK has it; the client's type is that of handlers a user may bring.
  const timeouts = config.requestHandler as Timeouts
  timeouts.updateHttpClientConfig('connectionTimeout', PATIENCE_MS)
  timeouts.updateHttpClientConfig('requestTimeout', PATIENCE_MS)
}

interface Signing {
  signer: () => Promise<{ sign(request: SignedRequest): Promise<SignedRequest> }>
}

interface SignedRequest {
  readonly headers: Record<string, string>
}

/** What an emulator wants to see; it checks no signature. */
const SIGNATURE = {
  'x-amz-date': '20260101T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/test/aws4_request, SignedHeaders=host, Signature=none',
}

/**
 * Leaves out what takes a third of a request's CPU time and no emulator needs: its signature, the SDK's
 * user agent, and what would be logged. `test/functions/bundled.test.ts` runs the clients as they are.
 */
function saveTime({ config, middlewareStack }: SdkClient): void {
  const sign = async (request: SignedRequest) => {
    Object.assign(request.headers, SIGNATURE)
    return request
  }
  const signing = config as SdkClient['config'] & Signing
  signing.signer = async () => ({ sign })
  for (const name of ['loggerMiddleware', 'getUserAgentMiddleware']) middlewareStack.remove(name)
}
