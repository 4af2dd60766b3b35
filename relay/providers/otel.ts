import { z } from 'zod'
import { classifyFailure } from './answers/classify.ts'
import { classifyOtlpAnswer } from './answers/otlp-answer.ts'
import { basicAuthorization } from './auth/basic-or-bearer.ts'
import { customProvider } from './contract.ts'
import { headerTextError } from './header-text.ts'
import { loadPart } from './load-part.ts'
import { secretHeaders } from './messages/headers.ts'
import { authorization } from './messages/json-request.ts'
import { spanOf } from './messages/otlp-span.ts'
import {
  headerMap,
  optionalSecretText,
  optionalText,
  optionalToken,
  webhookAddress,
} from './settings.ts'

/** https://opentelemetry.io/docs/specs/otlp/#otlphttp-request */
const DEFAULT_PATH = '/v1/traces'

const Settings = z
  .object({
    address: webhookAddress(),
    headers: headerMap(),
    username: optionalText(),
    token: optionalToken(),
    password: optionalSecretText(),
  })
  .transform(({ address, headers, username, token, password }, context) => {
    const secret = token || password
    if (username !== '' && secret === '') {
      context.addIssue({
        code: 'custom',
        path: ['username'],
        message:
          'there is a username but no password; add password or token to the Secret named by spec.secretRef, or remove spec.username',
      })
    }
    const problem = username === '' ? headerTextError(secret) : undefined
    if (problem !== undefined) {
      context.addIssue({ code: 'custom', path: ['password'], message: problem })
    }
    const credentials =
      username === '' ? authorization('Bearer', secret) : basicAuthorization(username, secret)
    return {
      url: tracesUrl(address),
      headers: {
        ...credentials,
        ...secretHeaders(headers),
        'content-type': 'application/x-protobuf',
      },
    }
  })
type Settings = z.infer<typeof Settings>

/**
 * OpenTelemetry: each event is a span of no length at its time, by OTLP over HTTP. Its serialiser is
 * loaded when it is needed, so it is no pure request.
 * https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export const otel = customProvider<Settings>({
  type: 'otel',
  family: 'stream',
  settings: Settings,
  skips({ involvedObject: { kind } }) {
    return kind === 'HelmRepository' ? 'otel does not take events of a HelmRepository' : undefined
  },
  host: ({ url }) => new URL(url).host,
  async deliver(notification, { url, headers }, tryPorts) {
    const body = await serialize(spanOf(notification))
    const result = await tryPorts.send({ method: 'POST', url, headers, body })
    if (result.kind === 'failure') return { verdict: classifyFailure(result) }
    return { verdict: classifyOtlpAnswer(result), response: result }
  },
})

/** Loaded when first used: no other type needs it, and it is not small. */
async function serialize(span: ReturnType<typeof spanOf>): Promise<Uint8Array> {
  const { ProtobufTraceSerializer } = await loadPart(
    () => import('@opentelemetry/otlp-transformer'),
  )
  const bytes = ProtobufTraceSerializer.serializeRequest([span])
  if (bytes === undefined) throw new Error('the span was not serialized')
  return bytes
}

/** The address with a path; one that is given stays as it is, be it only `/`. */
function tracesUrl(address: string): string {
  const url = new URL(address)
  const afterHost = address.replace(/^https?:\/\/[^/?#]*/i, '')
  if (!afterHost.startsWith('/')) url.pathname = DEFAULT_PATH
  return url.href
}
