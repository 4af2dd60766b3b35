import { createHash, createHmac } from 'node:crypto'
import type { AwsCredentials } from '../../ports/cloud-identities.ts'
import type { OutboundRequest } from '../../ports/http.ts'

/** What a signature is valid for. */
export interface SigningScope {
  readonly region: string
  readonly service: string
  /** Milliseconds since the epoch. AWS takes a signature for some minutes around this time. */
  readonly at: number
}

/**
 * Signs a request to the root of a service with AWS Signature Version 4:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * All of its headers are signed.
 */
export function signedForAws(
  request: OutboundRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { region, service, at }: SigningScope,
): OutboundRequest {
  const time = new Date(at).toISOString().replace(/[:-]|\.\d{3}/g, '')
  const date = time.slice(0, 8)
  const { host, pathname } = new URL(request.url)
  const headers = {
    ...request.headers,
    'x-amz-date': time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  }
  const signed = Object.entries({ ...headers, host }).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const names = signed.map(([name]) => name).join(';')
  const canonical = [
    ...[request.method, pathname, ''],
    ...signed.map(([name, value]) => `${name}:${value.trim()}`),
    ...['', names, sha256(request.body)],
  ].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${secretAccessKey}`,
  )
  const signature = createHmac('sha256', key).update(toSign).digest('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  return { ...request, headers: { ...headers, authorization } }
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
