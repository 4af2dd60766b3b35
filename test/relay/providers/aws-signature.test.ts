import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { expect, it } from 'vitest'
import { signedForAws } from '../../../relay/providers/aws/signature.ts'

const KEYS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}

interface Signed {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A request of the AWS SDK, as it would leave. */
async function signedBySdk(credentials: typeof KEYS): Promise<Signed> {
  const sent: Signed[] = []
  const client = new SQSClient({
    region: 'eu-west-1',
    credentials,
    maxAttempts: 1,
    requestHandler: {
      handle(request: Signed) {
        sent.push(request)
        return Promise.reject(new Error('nothing is sent'))
      },
    },
  })
  const message = { QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/q', MessageBody: 'déployé 🚀' }
  await client.send(new SendMessageCommand(message)).catch(() => undefined)
  const [first] = sent
  if (!first) throw new Error('the SDK made no request')
  return first
}

it.each([
  ['an access key', KEYS],
  ['a role', { ...KEYS, sessionToken: 'session/token==' }],
])('is what the AWS SDK makes of %s', async (_, credentials) => {
  const { headers, body } = await signedBySdk(credentials)
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? []
  expect(names).toContain('x-amz-target')
  // These it adds by itself.
  const own = new Set(['host', 'x-amz-date', 'x-amz-security-token'])
  const given = names.filter((name) => !own.has(name)).map((name) => [name, headers[name] ?? ''])
  const [, date, time] = /^(\d{8})T(\d{6})Z$/.exec(headers['x-amz-date'] ?? '') ?? []
  const iso = `${date}T${time}Z`.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z')
  const signed = signedForAws(
    {
      method: 'POST',
      url: 'https://sqs.eu-west-1.amazonaws.com/',
      headers: Object.fromEntries(given),
      body,
    },
    credentials,
    { region: 'eu-west-1', service: 'sqs', at: Date.parse(iso) + 250 },
  )
  expect(signed.headers.authorization).toBe(headers.authorization)
  expect(signed.headers['x-amz-security-token']).toBe(headers['x-amz-security-token'])
  expect(signed.body).toBe(body)
})
