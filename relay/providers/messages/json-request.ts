import type { OutboundRequest } from '../../ports/http.ts'

/** A POST of a JSON body; `headers` may override the content type. */
export function postJson(
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): OutboundRequest {
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  }
}

/** An `Authorization` header, or none when the token is empty. */
export function authorization(
  scheme: 'Bearer' | 'Basic' | 'token',
  credential: string,
): Readonly<Record<string, string>> {
  return credential === '' ? {} : { authorization: `${scheme} ${credential}` }
}
