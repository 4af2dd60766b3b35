import { describe, expect, it } from 'vitest'
import { bundledRelay } from '../support/bundled-relay.ts'
import { shown } from '../support/delivery-records.ts'
import { sqsRecord } from '../support/event-source-mapping.ts'
import { jsonBodies } from '../support/recording-sink.ts'
import { kustomizationEvent } from '../support/relay-manifests.ts'
import { type RuntimeApi, startRuntimeApi } from '../support/runtime-api.ts'
import { scheduledEvent } from '../support/scheduled-event.ts'
import { startUnderClient } from './client-process.ts'

/** By the function's name, of the latest test. */
const apis = new Map<string, Promise<RuntimeApi>>()

const { startDelivering } = bundledRelay((folder, environment) => {
  const api = startRuntimeApi()
  apis.set(environment.AWS_LAMBDA_FUNCTION_NAME ?? '', api)
  return startUnderClient(folder, environment, api)
})

const EVENT = JSON.stringify(kustomizationEvent('podinfo', '3f2c9a1'))

describe("the functions under Lambda's runtime client", () => {
  it('take a configuration and an event, and deliver it', async () => {
    const { relay, functionOf, post, pollOne, sink } = await startDelivering({
      'POST /hook': { status: 200 },
    })
    expect(await post(EVENT)).toMatchObject({ statusCode: 202 })
    await pollOne(relay.environment.eventsQueueUrl)
    expect(jsonBodies(sink)).toMatchObject([{ involvedObject: { name: 'podinfo' } }])
    // A delivery by its first try is counted, and logs no line.
    expect(await functionOf('dispatch').end()).toMatchObject([
      { Delivered: 1, provider: 'generic' },
    ])
    expect(await functionOf('reconcile-config').invoke(scheduledEvent())).toBeNull()
    expect(await functionOf('reconcile-config').end()).toMatchObject([
      { SilentClusters: 0 },
      { OldestOpen: 0 },
    ])
  })

  it('show in the dashboard what is dead', async () => {
    const { relay, functionOf, post, pollOne, deliveries } = await startDelivering({
      'POST /hook': { status: 410 },
    })
    await post(EVENT)
    await pollOne(relay.environment.eventsQueueUrl)
    await deliveries('dead')
    const page = await functionOf('deliveries-widget').invoke({ list: true })
    expect(page).toContain('Kustomization/flux-system/podinfo')
  })

  it('return the messages that failed', async () => {
    const { relay, functionOf } = await startDelivering({})
    // Of a later version of the relay, which may run again soon.
    const Body = JSON.stringify({ v: 99 })
    const message = {
      MessageId: 'later',
      Body,
      Attributes: { MessageGroupId: 'a', SequenceNumber: '1' },
    }
    const Records = [sqsRecord(message, relay.environment.eventsQueueUrl)]
    expect(await functionOf('dispatch').invoke({ Records })).toEqual({
      batchItemFailures: [{ itemIdentifier: 'later' }],
    })
  })

  it('never deliver to the runtime API', async () => {
    const { relay, functionOf, post, pollOne, deliveries } = await startDelivering({})
    functionOf('dispatch')
    const api = await apis.get('dispatch')
    const address = `http://${api?.address}/hook`
    await relay.setSecret('prod', 'sink', { address })
    await post(EVENT)
    await pollOne(relay.environment.eventsQueueUrl)
    const [record] = (await deliveries('dead')).map(shown)
    expect(record?.attempts).toMatchObject([{ outcome: 'dead' }])
    expect(record?.reason).toContain(`address-refused: ${api?.address}`)
    expect(api?.unexpected).toEqual([])
  })
})
