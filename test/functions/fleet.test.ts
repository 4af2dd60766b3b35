import { expect, it } from 'vitest'
import { secretId } from '../../adapters/aws/secret-ids.ts'
import { putFleetConfig } from '../../relay/api/put-config.ts'
import { FLEET, FLEET_SECRETS_NAMESPACE } from '../../relay/model/fleet.ts'
import { wakeWaiting } from '../../relay/pipeline/wake.ts'
import { annotated } from '../relay/pipeline/rules/annotated.ts'
import { awsRelay } from '../support/aws-relay.ts'
import { putSecret } from '../support/aws-secrets.ts'
import { pollOnce } from '../support/event-source-mapping.ts'
import { httpApiEvent } from '../support/http-api-event.ts'
import { startSink } from '../support/recording-sink.ts'
import { alert } from '../support/relay-harness.ts'
import { kustomizationEvent } from '../support/relay-manifests.ts'

const { open } = awsRelay()
const headers = { authorization: 'Bearer a-token' }

/** What the body of a set says of its time: now, and later than the one before. */
function setOf(relay: Awaited<ReturnType<typeof open>>, set: object): string {
  relay.time.offsetMs += 1
  return JSON.stringify({ takenAt: new Date(relay.ports.clock.now()).toISOString(), ...set })
}

function sharedHook(allowed: string) {
  const hook = {
    apiVersion: 'notification.toolkit.fluxcd.io/v1beta3',
    kind: 'Provider',
    metadata: { name: 'hook' },
    spec: { type: 'generic', secretRef: { name: 'hook' } },
  }
  return annotated(hook, { 'allow-clusters': allowed })
}

it('functions send by a Provider of the fleet, once it allows the cluster', async () => {
  const relay = await open()
  const { environment, ports, clients } = relay
  const sink = await startSink({ 'POST /fleet': { status: 200 } })
  await relay.setTokens('prod', ['a-token'])
  const id = secretId(environment.secretPrefix, FLEET, FLEET_SECRETS_NAMESPACE, 'hook')
  await putSecret(clients.secretsManager, id, JSON.stringify({ address: `${sink.url}/fleet` }))

  const putFleet = (allowed: string) => {
    const body = setOf(relay, { providers: [sharedHook(allowed)] })
    return putFleetConfig(ports, { body: Buffer.from(body) })
  }
  const put = async () => {
    const leading = annotated(alert('a', 'none'), { provider: '_fleet/hook' })
    const body = setOf(relay, { alerts: [leading], providers: [] })
    const request = { method: 'PUT', resource: 'config', cluster: 'prod', headers, body } as const
    return JSON.parse(String((await relay.reconcileConfig(httpApiEvent(request))).body)).objects
  }
  const dispatch = async (queueUrl: string) => {
    await pollOnce(clients.sqs, queueUrl, relay.dispatch)
    return relay.decisions.map(({ record }) => record.outcome)
  }
  const post = (name: string) => {
    const body = JSON.stringify(kustomizationEvent(name, '3f2c9a1'))
    const request = { method: 'POST', resource: 'events', cluster: 'prod', headers, body } as const
    return relay.ingest(httpApiEvent(request))
  }

  expect((await putFleet('stage')).status).toBe(200)
  expect(await put()).toMatchObject([{ ready: false, reason: 'AccessDenied' }])
  await post('podinfo')
  expect(await dispatch(environment.eventsQueueUrl)).toEqual(['retry'])
  expect(sink.requests).toEqual([])

  // Dispatch sees the set of the fleet of now, though that of the cluster is the same.
  await putFleet('stage,prod')
  await wakeWaiting(ports, 'prod')
  expect(await dispatch(environment.retriesQueueUrl)).toEqual(['retry', 'delivered'])
  expect(await put()).toMatchObject([{ ready: true }])
  await post('another')
  expect(await dispatch(environment.eventsQueueUrl)).toEqual(['retry', 'delivered', 'delivered'])
  expect(sink.requests.map(({ line }) => line)).toEqual(['POST /fleet', 'POST /fleet'])
  expect((await ports.configs.clustersSeen()).map(({ cluster }) => cluster)).toEqual(['prod'])
})
