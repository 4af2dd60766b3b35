import { z } from 'zod'
import type { GitAddress } from './git-address.ts'

/** The annotation `flux-relay.io/api-url` of a Provider, and the key of its Secret. */
export const API_URL_ANNOTATION = 'api-url'
export const API_URL_KEY = 'apiURL'

/** The fields of a type whose API may be elsewhere than its Git address tells. */
export const apiUrlFields = () => ({
  annotations: z.object({ [API_URL_ANNOTATION]: z.string().optional() }),
  // Whatever a Secret holds is masked.
  secret: z.record(z.string(), z.string()),
})

interface ApiUrlFields {
  readonly annotations: { readonly [API_URL_ANNOTATION]?: string | undefined }
  readonly secret: Readonly<Record<string, string>>
}

const FORM = 'expected an http:// or https:// URL without user, query or fragment'

/**
 * The URL of the API, without `/` at its end, if the Provider names one. Adds an issue when it
 * cannot be used. People who may change the Provider but not the Secret must not be able to send
 * the Secret's token elsewhere: if the Secret has the address, only the Secret's key counts.
 * `ending` is the end that all such URLs have.
 */
export function namedApiUrl(
  { annotations, secret }: ApiUrlFields,
  context: z.RefinementCtx,
  ending = '',
): string | undefined {
  const annotation = annotations[API_URL_ANNOTATION]?.trim()
  const key = secret[API_URL_KEY]?.trim()
  const issue = (where: string, message: string) => {
    context.addIssue({ code: 'custom', path: [where], message })
    return undefined
  }
  const annotationName = `annotation flux-relay.io/${API_URL_ANNOTATION}`
  if (annotation !== undefined && secret.address !== undefined) {
    const message = `has no effect when the Secret has the address; put it into the Secret, as the key ${API_URL_KEY}`
    return issue(annotationName, message)
  }
  const [text, where] = key === undefined ? [annotation, annotationName] : [key, API_URL_KEY]
  if (text === undefined) return undefined
  const url = URL.parse(text)
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (!url || !isHttp || /[?#@\\]/.test(text)) return issue(where, FORM)
  const plain = url.href.replace(/\/+$/, '')
  if (plain.endsWith(ending)) return plain
  return issue(where, `${FORM}, which ends in ${ending}`)
}

/**
 * The repository's path in the API at this URL: without the folder in which the forge is installed,
 * which an HTTP Git address on the same host begins with.
 */
export function pathBehind(
  { path, host, isSsh }: GitAddress,
  apiUrl: string,
  ending: string,
): readonly string[] {
  const api = new URL(apiUrl)
  const folder = api.pathname.slice(0, -ending.length).split('/').filter(Boolean)
  const isBehind = folder.every((part, index) => part === encodeURIComponent(path[index] ?? ''))
  return !isSsh && host === api.host && isBehind ? path.slice(folder.length) : path
}
