import type { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { SQSClient } from '@aws-sdk/client-sqs'

/** Stands between the SDK's retries and the network. `pass` sends the request. */
type Interceptor = (request: AwsRequest, pass: () => Promise<unknown>) => Promise<unknown>

export interface AwsRequest {
  /** Such as `PutItem`. */
  readonly operation: string
  readonly input: object
}

const NAME = 'intercept'

/**
 * Lets a test watch, change, lose or forge every request of a client, each of the SDK's own retries
 * included. What `interceptor` resolves with is the output. Returns what ends it.
 */
export function intercept(
  client: DynamoDBClient | SecretsManagerClient | SQSClient,
  interceptor: Interceptor,
): () => void {
  // The stacks differ in the types of their commands only.
  const stack = client.middlewareStack as DynamoDBClient['middlewareStack']
  stack.add(
    (next, context) => async (args) => {
      const operation = String(context.commandName).replace(/Command$/, '')
      let response: unknown
      const output = await interceptor({ operation, input: args.input }, async () => {
        const result = await next(args)
        response = result.response
        return result.output
      })
      // The type of the output depends on the command, which only the test knows.
      return { response, output } as Awaited<ReturnType<typeof next>>
    },
    { step: 'deserialize', priority: 'high', name: NAME },
  )
  return () => void stack.remove(NAME)
}

/** What the SDK gets when a connection breaks after the request was sent. */
export function connectionReset(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', name: 'Error' })
}
