import type {
  SendMessageBatchCommandInput,
  SendMessageBatchCommandOutput,
  SQSClient,
} from '@aws-sdk/client-sqs'
import { onTestFinished, vi } from 'vitest'
import type { AwsClients } from '../../functions/shared/ports.ts'
import type { Random } from '../crash/random.ts'
import { type AwsRequest, connectionReset, intercept } from './intercept.ts'

/** What goes wrong with one request to AWS. */
export type Fault =
  /** The service answers an error, and did nothing. */
  | { readonly kind: 'refused'; readonly name: string; readonly status: number }
  /** The service did it; the connection breaks before its answer. */
  | { readonly kind: 'lost' }
  /** DynamoDB throttles a batch: it answers 200, and left all keys unread. */
  | { readonly kind: 'unprocessed' }

export const THROUGHPUT_EXCEEDED = refused('ProvisionedThroughputExceededException', 400)
export const THROTTLED = refused('ThrottlingException', 400)
export const ACCESS_DENIED = refused('AccessDeniedException', 400)
export const INTERNAL_ERROR = refused('InternalServiceError', 500)
export const UNAVAILABLE = refused('ServiceUnavailable', 503)
export const LOST: Fault = { kind: 'lost' }
export const UNPROCESSED: Fault = { kind: 'unprocessed' }

/** Tries of the SDK for one request: as many faults in a row reach the relay. */
export const SDK_TRIES = 4

function refused(name: string, status: number): Fault {
  return { kind: 'refused', name, status }
}

/** Says what goes wrong with a request; asked for each of the SDK's own tries. */
export type DrawFault = (request: AwsRequest) => Fault | undefined

/** Faults that are under way. */
export interface Injection {
  /** How many there were so far. */
  readonly count: () => number
  end(): void
}

/** Lets requests of all three services go wrong until `end`, or the test's end. */
export function injectFaults(clients: AwsClients, draw: DrawFault): Injection {
  let count = 0
  const stops = Object.values(clients).map((client) =>
    intercept(client, async (request, pass) => {
      const fault = draw(request)
      if (fault === undefined) return pass()
      count += 1
      return suffer(fault, request, pass)
    }),
  )
  const end = () => {
    for (const stop of stops.splice(0)) stop()
  }
  onTestFinished(end)
  return { count: () => count, end }
}

async function suffer(fault: Fault, { input }: AwsRequest, pass: () => Promise<unknown>) {
  switch (fault.kind) {
    case 'refused':
      throw serviceError(fault.name, fault.status)
    case 'lost':
      await pass()
      throw connectionReset()
    case 'unprocessed': {
      const { RequestItems: UnprocessedKeys } = input as { readonly RequestItems?: object }
      return { $metadata: {}, Responses: {}, UnprocessedKeys }
    }
  }
}

/** With what the SDK and the adapters tell errors of a service apart. */
function serviceError(name: string, httpStatusCode: number): Error {
  const $fault = httpStatusCode < 500 ? 'client' : 'server'
  return Object.assign(new Error(`${name} by the test`), {
    name,
    $fault,
    $metadata: { httpStatusCode },
  })
}

/** One fault for the first `times` requests of an operation. */
export function firstOf(operation: string, times: number, fault: Fault): DrawFault {
  let left = times
  return (request) => {
    if (request.operation !== operation || left === 0) return undefined
    left -= 1
    return fault
  }
}

/** What may happen to the requests that the relay sends. Others are the test's own. */
const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  GetItem: [THROUGHPUT_EXCEEDED, THROTTLED, INTERNAL_ERROR, LOST],
  PutItem: [THROUGHPUT_EXCEEDED, THROTTLED, INTERNAL_ERROR, LOST, LOST, LOST],
  BatchGetItem: [THROUGHPUT_EXCEEDED, INTERNAL_ERROR, UNPROCESSED],
  SendMessageBatch: [THROTTLED, INTERNAL_ERROR, UNAVAILABLE, LOST, LOST],
  GetSecretValue: [ACCESS_DENIED, INTERNAL_ERROR, THROTTLED],
}

/**
 * A share of the requests goes wrong, each up to twice as often as the SDK tries it: sometimes the
 * relay notices, sometimes it does not.
 */
export function randomFaults(random: Random, share: number): DrawFault {
  const planned = new WeakMap<object, Fault[]>()
  const plan = ({ operation }: AwsRequest): Fault[] => {
    const faults = FAULTS[operation] ?? []
    if (faults.length === 0 || !random.chance(share)) return []
    const times = random.between(1, 2 * SDK_TRIES)
    return Array.from({ length: times }, () => faults[random.between(0, faults.length - 1)] ?? LOST)
  }
  return (request) => {
    const faults = planned.get(request.input) ?? plan(request)
    planned.set(request.input, faults)
    return faults.shift()
  }
}

/** Why SQS fails one entry of a batch that it answers with 200. */
export type EntryFault = 'SenderFault' | 'ServiceFault'

/**
 * Lets SQS fail entries of batches until the test's end, and deliver at once what is due later: its
 * clock is not the one that tests move.
 */
export function changeBatches(
  client: SQSClient,
  draw: (body: string) => EntryFault | undefined = () => undefined,
): void {
  const name = 'change-batches'
  client.middlewareStack.add(
    (next) => async (args) => {
      if (!('Entries' in args.input)) return next(args)
      const { Entries: entries = [], ...rest } = args.input as SendMessageBatchCommandInput
      const faults = entries.map(({ MessageBody: body = '' }) => draw(body))
      const left = entries.filter((_, index) => faults[index] === undefined)
      const failed = entries.flatMap(({ Id }, index) => failureOf(Id, faults[index]))
      const undelayed = left.map((entry) => ({ ...entry, DelaySeconds: undefined }))
      // An empty batch would be an error of its own.
      const result =
        left.length > 0
          ? await next({ ...args, input: { ...rest, Entries: undelayed } })
          : { response: undefined, output: { $metadata: {} } }
      const output = result.output as SendMessageBatchCommandOutput
      const Failed = [...(output.Failed ?? []), ...failed]
      return { ...result, output: { ...output, Failed } } as typeof result
    },
    { step: 'initialize', name },
  )
  onTestFinished(() => void client.middlewareStack.remove(name))
}

function failureOf(Id: string | undefined, fault: EntryFault | undefined) {
  if (fault === undefined) return []
  const isSender = fault === 'SenderFault'
  const Code = isSender ? 'InvalidMessageContents' : 'InternalError'
  return [{ Id, SenderFault: isSender, Code }]
}

/** Until the test's end the SDK tries again at once: its waits are a random share of seconds. */
export function withoutSdkWaits(): void {
  const random = vi.spyOn(Math, 'random').mockReturnValue(0)
  onTestFinished(() => random.mockRestore())
}
