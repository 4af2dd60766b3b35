/**
 * Opens as many files as this process may, and sends a request to the URL of the first argument, by itself and through the
 * proxy of the second one, and one to the URL of the third, which has a name. Prints a line of JSON for each: detail and
 * cause of the failure, and whether the request may have arrived.
 */
import { closeSync, openSync } from 'node:fs'
import { createHttpClient } from '../../adapters/http/client.ts'

const [url = '', proxyUrl = '', namedUrl = ''] = process.argv.slice(2)
const client = createHttpClient({ allowPrivate: true, userAgent: 'flux-relay/test' })

async function send(to: string, transport: { readonly proxyUrl?: string } = {}): Promise<string> {
  const request = { method: 'POST', url: to, headers: {}, body: '' } as const
  const result = await client.send(request, { timeoutMs: 5_000, ...transport })
  const failure = result.kind === 'failure' ? result : undefined
  return JSON.stringify([failure?.detail, failure?.cause, failure?.mayHaveArrived])
}

const opened: number[] = []
try {
  for (;;) opened.push(openSync('/dev/null', 'r'))
} catch {
  // All that it may open is open.
}
const lines = [await send(url), await send(url, { proxyUrl }), await send(namedUrl)]
for (const file of opened) closeSync(file)
process.stdout.write(`${lines.join('\n')}\n`)
await client.close()
