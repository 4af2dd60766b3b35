// Plays Lambda for the bundle that its argument names, and tells the processor time of each call.
import { pathToFileURL } from 'node:url'

type Handler = (event: unknown, context: object) => Promise<unknown>

const [, , bundle = ''] = process.argv
const { handler } = (await import(pathToFileURL(bundle).href)) as { readonly handler: Handler }
const { AWS_LAMBDA_FUNCTION_NAME: functionName } = process.env

/** The parts of https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html in use. */
function contextUntil(endsAt: number) {
  return {
    functionName,
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    awsRequestId: '8f5c3a1e-6b0d-4a57-9f6e-2d7c1b9a4e60',
    getRemainingTimeInMillis: () => endsAt - Date.now(),
  }
}

process.on('message', async (event: unknown) => {
  const before = process.cpuUsage()
  let outcome: object
  try {
    outcome = { result: await handler(event, contextUntil(Date.now() + 60_000)) }
  } catch (error) {
    outcome = { error: String(error) }
  }
  const { user, system } = process.cpuUsage(before)
  const maxRssMiB = process.resourceUsage().maxRSS / 1_024
  process.send?.({ ...outcome, cpuMs: (user + system) / 1_000, maxRssMiB })
})

process.on('disconnect', () => process.exit())
