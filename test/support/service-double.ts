import type { HttpClient, OutboundRequest } from '../../relay/ports/http.ts'
import { startHttpServer } from './servers.ts'
import { problemsOf, type Service } from './service-schemas/service.ts'

/** A service on 127.0.0.1 that takes the requests that are documented, in their order, only. */
export interface ServiceDouble {
  /** Sends there what is meant for the service. */
  readonly http: Pick<HttpClient, 'send'>
  /** What was wrong with the requests, with those that came too many or not at all. */
  problems(): readonly string[]
}

/** Starts a double that is gone when the test is over; what is not documented it answers with 400. */
export async function startServiceDouble(
  { requests }: Service,
  severity: string,
  http: Pick<HttpClient, 'send'>,
): Promise<ServiceDouble> {
  const expected = [...requests(severity)]
  const problems: string[] = []
  const { port } = await startHttpServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const next = expected.shift()
    const line = `${incoming.method} ${incoming.url}`
    const found = next
      ? problemsOf(next, {
          method: incoming.method as OutboundRequest['method'],
          url: `${next.origin}${incoming.url}`,
          headers: incoming.headers as Readonly<Record<string, string>>,
          body: Buffer.concat(chunks).toString('utf8'),
        })
      : ['not expected']
    problems.push(...found.map((problem) => `${line}: ${problem}`))
    const answer = next && found.length === 0 ? next.answer : { status: 400, body: '' }
    response.writeHead(answer.status).end(answer.body)
  })
  return {
    http: {
      send(request, options) {
        const { pathname, search } = new URL(request.url)
        return http.send(
          { ...request, url: `http://127.0.0.1:${port}${pathname}${search}` },
          options,
        )
      },
    },
    problems: () => [
      ...problems,
      ...expected.map(({ method, path }) => `${method} ${path}: never came`),
    ],
  }
}
