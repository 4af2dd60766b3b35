// Plays Lambda for the bundle that its argument names: calls the handler for each message it gets.
import { pathToFileURL } from 'node:url'

type Handler = (event: unknown, context: object) => Promise<unknown>

const [, , bundle = ''] = process.argv
const { handler } = (await import(pathToFileURL(bundle).href)) as { readonly handler: Handler }

/** The parts of https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html in use. */
function contextUntil(endsAt: number) {
  const { AWS_LAMBDA_FUNCTION_NAME: functionName } = process.env
  return {
    functionName,
    invokedFunctionArn: `arn:aws:lambda:eu-central-1:000000000000:function:${functionName}`,
    awsRequestId: 'request',
    getRemainingTimeInMillis: () => endsAt - Date.now(),
  }
}

process.on('message', async ({ event, remainingMs }: { event: unknown; remainingMs: number }) => {
  try {
    const result = await handler(event, contextUntil(Date.now() + remainingMs))
    process.send?.({ kind: 'result', result })
  } catch (error) {
    process.send?.({ kind: 'error', error: String(error) })
  }
})

// When the test is gone; connections that are kept alive would keep it running.
process.on('disconnect', () => process.exit())
