import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { putSet } from '../../client/cluster/put-set.ts'
import { createHttpRelay } from '../../client/http-relay.ts'
import type { HttpResult } from '../../functions/shared/http-api.ts'
import { awsRelay } from '../support/aws-relay.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { PATIENT, testClient } from '../support/http-client.ts'
import { alert, provider } from '../support/relay-harness.ts'
import { startHttpServer } from '../support/servers.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

/** Answers as API Gateway does for a function. */
function startGateway({ statusCode = 0, headers = {}, body = '' }: HttpResult) {
  return startHttpServer((_, outgoing) => {
    outgoing.writeHead(statusCode, headers as Record<string, string>)
    outgoing.end(Buffer.from(body, 'base64'))
  })
}

const { open } = awsRelay()
const TOKEN = 'a-token'
/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const LAMBDA_BYTES = 6 * 1024 * 1024

it('shows a configuration that is too large for Lambda compressed, and the client reads it', async () => {
  const relay = await open()
  await relay.setTokens('prod', [TOKEN])
  const summary = '"quoted" '.repeat(50)
  const alerts = Array.from({ length: 6_500 }, (_, index) => {
    const { spec, ...rest } = alert(`alert-${index}`, 'hook')
    return { ...rest, spec: { ...Object(spec), summary } }
  })
  const set = { takenAt: new Date(relay.ports.clock.now()).toISOString(), alerts, providers: [] }
  const request = { resource: 'config', cluster: 'prod' } as const
  const authorization = `Bearer ${TOKEN}`
  const put = httpApiEvent({
    ...{ ...request, method: 'PUT', body: gzipSync(JSON.stringify(set)) },
    headers: { authorization, 'content-encoding': 'gzip' },
  })
  expect(await relay.reconcileConfig(put)).toMatchObject({ statusCode: 200 })
  const get = httpApiEvent({ ...request, method: 'GET', headers: { authorization } })
  const answer = await relay.reconcileConfig(get)
  expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(LAMBDA_BYTES)
  expect(answer).toMatchObject({ statusCode: 200, isBase64Encoded: true })

  const { port } = await startGateway(answer)
  const shown = await createHttpRelay(`http://127.0.0.1:${port}`, TOKEN).showConfig('prod')
  expect(JSON.parse(shown.body)).toMatchObject({ cluster: 'prod', alerts })
})

it('answers a put configuration compressed if the answer is too large, and a shipper reads it', async () => {
  const relay = await open()
  await relay.setTokens('prod', [TOKEN])
  const alerts = Array.from({ length: 40_000 }, (_, index) => {
    const metadata = { namespace: 'flux-system', name: `without-a-spec-${index}` }
    return { apiVersion: 'notification.toolkit.fluxcd.io/v1beta3', metadata }
  })
  const set = { takenAt: new Date(relay.ports.clock.now()).toISOString(), alerts, providers: [] }
  const put = httpApiEvent({
    ...{ resource: 'config', cluster: 'prod', method: 'PUT', body: gzipSync(JSON.stringify(set)) },
    headers: { authorization: `Bearer ${TOKEN}`, 'content-encoding': 'gzip' },
  })
  const answer = await relay.reconcileConfig(put)
  expect(answer).toMatchObject({ statusCode: 200, isBase64Encoded: true })
  expect(Buffer.byteLength(JSON.stringify(answer))).toBeLessThan(LAMBDA_BYTES)

  const { port } = await startGateway(answer)
  const tokenFile = join(temporaryDirectory(), 'token')
  await writeFile(tokenFile, TOKEN)
  const address = { url: `http://127.0.0.1:${port}/`, tokenFile, transport: PATIENT }
  const result = await putSet(testClient(), address, { alerts: [], providers: [] }, 0)
  expect(result).toMatchObject({ kind: 'accepted' })
  expect(result.kind === 'accepted' && result.objects).toHaveLength(alerts.length)
})

it('shows a small configuration as it is', async () => {
  const relay = await open()
  await relay.setTokens('prod', [TOKEN])
  const request = { resource: 'config', cluster: 'prod' } as const
  const headers = { authorization: `Bearer ${TOKEN}` }
  const set = { takenAt: new Date(relay.ports.clock.now()).toISOString(), alerts: [] }
  const providers = [provider('hook', { type: 'generic', address: 'https://hook.example' })]
  const body = JSON.stringify({ ...set, providers })
  await relay.reconcileConfig(httpApiEvent({ ...request, method: 'PUT', headers, body }))
  const answer = await relay.reconcileConfig(httpApiEvent({ ...request, method: 'GET', headers }))
  expect(answer).not.toHaveProperty('isBase64Encoded')
  expect(JSON.parse(answer.body ?? '')).toMatchObject({ providers })
})
