import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { SendMessageCommand } from '@aws-sdk/client-sqs'
import { describe, expect, it } from 'vitest'
import { configBody } from '../support/aws-relay.ts'
import { bundledRelay, TOKEN } from '../support/bundled-relay.ts'
import { jsonBodies } from '../support/recording-sink.ts'
import { kustomizationEvent } from '../support/relay-manifests.ts'
import { scheduledEvent } from '../support/scheduled-event.ts'
import { startSmtpServer } from '../support/smtp-server.ts'
import { waitFor } from '../support/wait-for.ts'

/** Lambda takes 250 MiB; each one more costs time at a cold start. */
const MAX_BUNDLE_BYTES = 3 * 1024 * 1024

const { bundles, start, startDelivering } = bundledRelay()
const MINUTE_MS = 60_000

const eventNamed = (name: string) => kustomizationEvent(name, '3f2c9a1')

describe('the functions, as bundled for Lambda', () => {
  it('are one module each, with all that it imports, the SDK too', () => {
    const { names, folderOf } = bundles()
    expect(names).toHaveLength(4)
    for (const folder of names.map(folderOf)) {
      expect(readdirSync(folder)).toEqual(['index.mjs'])
      const text = readFileSync(join(folder, 'index.mjs'), 'utf8')
      expect(text.length).toBeLessThan(MAX_BUNDLE_BYTES)
      const imported = [...text.matchAll(/\bfrom\s*"([\w@.:/-]+)"/g)].map(([, name = '']) => name)
      expect(imported).not.toEqual([])
      expect(imported.filter((name) => !isBuiltin(name))).toEqual([])
    }
  })

  it('deliver events in every form that a sender may use, and none with wrong credentials', async () => {
    const { relay, post, put, postSigned, poll, functionOf, deliveries, sink } =
      await startDelivering({ 'POST /hook': { status: 200 } })
    const wrong = { authorization: 'Bearer wrong' }
    const refused = JSON.stringify(eventNamed('refused'))
    for (const answer of [
      await post(refused, wrong),
      await postSigned(refused, '0'.repeat(64)),
      await put(configBody(Date.now()), wrong),
    ]) {
      expect(answer).toMatchObject({ statusCode: 401, headers: { 'WWW-Authenticate': 'Bearer' } })
    }
    const accepted = (count: number) => ({
      statusCode: 202,
      body: JSON.stringify({ accepted: count, rejected: [] }),
    })
    expect(await post(JSON.stringify(eventNamed('single')))).toMatchObject(accepted(1))
    const array = gzipSync(JSON.stringify([eventNamed('array-1'), eventNamed('array-2')]))
    expect(await post(array, { 'content-encoding': 'gzip' })).toMatchObject(accepted(2))
    const ndjson = ['line-1', 'line-2'].map((name) => `${JSON.stringify(eventNamed(name))}\n`)
    const lines = await post(Buffer.from(ndjson.join('')), {
      'content-type': 'application/x-ndjson',
    })
    expect(lines).toMatchObject(accepted(2))
    const body = JSON.stringify(eventNamed('signed'))
    const digest = createHmac('sha256', TOKEN).update(body).digest('hex')
    expect(await postSigned(body, digest)).toMatchObject(accepted(1))

    const { eventsQueueUrl } = relay.environment
    const polled = await waitFor(async () => {
      const { failed } = await poll(eventsQueueUrl)
      expect(failed).toEqual([])
      expect(sink.requests).toHaveLength(6)
      return jsonBodies(sink) as ReadonlyArray<{ involvedObject: { name: string } }>
    })
    expect(polled.map(({ involvedObject }) => involvedObject.name).sort()).toEqual(
      ['array-1', 'array-2', 'line-1', 'line-2', 'signed', 'single'].sort(),
    )
    expect((await poll(eventsQueueUrl)).records).toEqual([])
    expect(await deliveries('delivered')).toHaveLength(6)

    const written = await functionOf('dispatch').end()
    const metrics = written.filter((line) => '_aws' in line)
    const delivered = metrics.map(({ Delivered }) => Number(Delivered))
    expect(delivered.reduce((sum, count) => sum + count, 0)).toBe(6)
    expect(metrics[0]).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Namespace: expect.stringMatching(/^flux-relay/) }] },
      service: 'flux-relay',
      provider: 'generic',
      Delivered: expect.any(Number),
      Latency: expect.anything(),
    })
    // What goes well at once has no line of its own.
    expect(written.filter((line) => 'level' in line)).toEqual([])
  })

  it('send mail, with the library that loads when one is sent', async () => {
    const { relay, put, post, pollOne, deliveries } = await start()
    const server = await startSmtpServer()
    const config = JSON.parse(configBody(Date.now(), 'mail'))
    const [provider] = config.providers
    const mailProvider = {
      ...provider,
      metadata: {
        ...provider.metadata,
        annotations: { 'flux-relay.io/type': 'email', 'flux-relay.io/smtp-plain': 'true' },
      },
      spec: {
        type: 'generic',
        address: `smtp://127.0.0.1:${server.port}`,
        username: 'flux@example.com',
        channel: 'ops@example.com',
      },
    }
    const body = JSON.stringify({ ...config, providers: [mailProvider] })
    expect(await put(body)).toMatchObject({ statusCode: 200 })
    await post(JSON.stringify(eventNamed('podinfo')))
    await pollOne(relay.environment.eventsQueueUrl)
    expect(await deliveries('delivered')).toMatchObject([{ provider: { type: 'email' } }])
    expect(server.mails).toMatchObject([{ to: ['ops@example.com'] }])
  })

  it('deliver by a retry what the destination could not take, and show in the dashboard what is dead', async () => {
    const { relay, functionOf, post, pollOne, deliveries, sink } = await startDelivering({
      'POST /hook': ({ body }, earlier) => {
        if (body.includes('dead-end')) return { status: 410 }
        return { status: earlier === 0 ? 503 : 200 }
      },
    })
    const { eventsQueueUrl, retriesQueueUrl } = relay.environment
    await post(JSON.stringify(eventNamed('podinfo')))
    await pollOne(eventsQueueUrl)
    expect(await deliveries('retry')).toMatchObject([{ attempt: 2 }])
    await pollOne(retriesQueueUrl)
    expect(sink.requests).toHaveLength(2)
    expect(await deliveries('delivered')).toMatchObject([
      { attempts: [{ outcome: 'retry', status: 503 }, { outcome: 'delivered' }] },
    ])

    await post(JSON.stringify(eventNamed('dead-end')))
    await pollOne(eventsQueueUrl)
    expect(await deliveries('dead')).toHaveLength(1)
    const page = await functionOf('deliveries-widget').invoke({ list: true })
    expect(page).toContain('Kustomization/flux-system/dead-end')
  })

  it('count what is set aside, and log it', async () => {
    const { relay, functionOf, pollOne } = await start()
    const { eventsQueueUrl: QueueUrl } = relay.environment
    const damaged = { QueueUrl, MessageBody: '{"v":1', MessageGroupId: 'g' }
    await relay.clients.sqs.send(
      new SendMessageCommand({ ...damaged, MessageDeduplicationId: 'damaged' }),
    )
    await pollOne(QueueUrl)
    const lines = await functionOf('dispatch').end()
    expect(lines).toMatchObject([
      { SetAside: 1, _aws: { CloudWatchMetrics: expect.any(Array) } },
      { level: 'ERROR', fault: 'damaged', message: expect.stringMatching(/^set aside; /) },
    ])
  })

  it('count on a schedule the clusters that are silent', async () => {
    const { put, functionOf } = await start()
    await put(configBody(Date.now() - 31 * MINUTE_MS))
    expect(await functionOf('reconcile-config').invoke(scheduledEvent())).toBeUndefined()
    const lines = await functionOf('reconcile-config').end()
    expect(lines).toMatchObject([
      { SilentClusters: 1, _aws: { CloudWatchMetrics: expect.any(Array) } },
      { OldestOpen: 0 },
      { level: 'WARN', clusters: [{ cluster: 'prod' }], function_request_id: 'request' },
    ])
  })
})
