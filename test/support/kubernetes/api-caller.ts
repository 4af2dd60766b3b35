import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Agent, type Dispatcher, request } from 'undici'
import { onTestFinished } from 'vitest'
import { type Fields, isFields } from './api-object.ts'
import type { TestCluster } from './cluster.ts'

/** One request to the API, as the test wants it. */
export interface Call {
  /** Default GET. */
  readonly method?: Dispatcher.HttpMethod
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** Default `application/json`, or a merge patch with PATCH. */
  readonly contentType?: string
  readonly accept?: string
  /** Default the cluster's; null for none. */
  readonly token?: string | null
}

export interface CallAnswer {
  readonly status: number
  /** Empty when the answer is not a JSON object. */
  readonly body: Fields
}

/** A watch that reads along. */
export interface Watching {
  readonly lines: readonly Fields[]
  /** Resolves when the server has ended it; rejects when it broke. */
  readonly ended: Promise<void>
}

/** Makes plain requests with the token of the cluster. */
export interface ApiCaller {
  call(call: Call): Promise<CallAnswer>
  /** Resolves when the answer has begun; `path` has the query of a watch. */
  watch(path: string, accept?: string): Promise<Watching>
}

export function createApiCaller({ url, ca, tokenFile }: TestCluster): ApiCaller {
  const dispatcher = new Agent({ connect: ca === undefined ? {} : { ca } })
  onTestFinished(() => dispatcher.destroy())
  const ask = ({ method = 'GET', path, body, accept, ...call }: Call) => {
    const { token = readFileSync(tokenFile, 'utf8') } = call
    const isPatch = method === 'PATCH'
    const type = isPatch ? 'application/merge-patch+json' : 'application/json'
    return request(`${url}${path}`, {
      dispatcher,
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(accept !== undefined && { accept }),
        ...(body !== undefined && { 'content-type': call.contentType ?? type }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  }
  return {
    async call(call) {
      const answer = await ask(call)
      const text = await answer.body.text()
      const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : undefined
      return { status: answer.statusCode, body: isFields(parsed) ? parsed : {} }
    },
    async watch(path, accept) {
      const answer = await ask({ path, ...(accept !== undefined && { accept }) })
      const lines: Fields[] = []
      const read = async () => {
        for await (const line of createInterface({ input: answer.body })) {
          lines.push(line.startsWith('{') ? JSON.parse(line) : { garbage: line })
        }
      }
      const ended = read()
      ended.catch(() => undefined)
      return { lines, ended }
    },
  }
}
