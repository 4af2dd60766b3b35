import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { localOptions } from './aws-endpoints.ts'
import { startHttpServer } from './servers.ts'

/** An error of STS: its code, and the status that it comes with. */
export interface StsError {
  readonly code: string
  readonly status: number
}

export interface StsDouble {
  readonly options: ReturnType<typeof localOptions>
  /** The parameters of each request so far. */
  readonly requests: readonly Readonly<Record<string, string>>[]
  /** From now on every request fails with it; undefined: no more. */
  failWith(error: StsError | undefined): void
}

/** STS for one test: it gives out `jwt-1.for.<audience>`, `jwt-2…`, which prove nothing. */
export async function startSts(): Promise<StsDouble> {
  const requests: Record<string, string>[] = []
  let failure: StsError | undefined
  const { port } = await startHttpServer((request, response) => {
    void answer(request, response, requests, failure)
  })
  return {
    options: localOptions(`http://127.0.0.1:${port}`),
    requests,
    failWith(error) {
      failure = error
    },
  }
}

/** AWS Query. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  requests: Record<string, string>[],
  failure: StsError | undefined,
): Promise<void> {
  const {
    Action,
    Version: _,
    ...parameters
  } = Object.fromEntries(new URLSearchParams(await text(request)))
  requests.push(parameters)
  const error =
    failure ??
    (Action === 'GetWebIdentityToken' ? undefined : { code: 'InvalidAction', status: 400 })
  response.writeHead(error?.status ?? 200, { 'content-type': 'text/xml' })
  response.end(
    error === undefined ? grant(parameters['Audience.member.1'], requests.length) : refusal(error),
  )
}

function grant(audience: string | undefined, number: number): string {
  const token = Buffer.from(audience ?? '').toString('base64url')
  return `<GetWebIdentityTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <GetWebIdentityTokenResult>
    <WebIdentityToken>jwt-${number}.for.${token}</WebIdentityToken>
    <Expiration>2030-01-01T00:05:00Z</Expiration>
  </GetWebIdentityTokenResult>
  <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
</GetWebIdentityTokenResponse>`
}

function refusal({ code }: StsError): string {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>${code}</Code><Message>arn:aws:sts::111122223333:assumed-role/relay</Message></Error>
  <RequestId>1</RequestId>
</ErrorResponse>`
}
