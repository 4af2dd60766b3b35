import { expect, it } from 'vitest'
import { awsRelay } from '../support/aws-relay.ts'
import {
  COMMIT,
  configure,
  createPoller,
  drain,
  post,
  startContainer,
  stepEvent,
  TAKEN,
} from '../support/faulty-relay.ts'
import { forge, statusLine } from '../support/faulty-routes.ts'
import { jsonBodies, startSink } from '../support/recording-sink.ts'

const { open } = awsRelay()

it('a status that objects share is that of the last event of a request, whatever goes to SQS first', async () => {
  const relay = await open()
  const sink = await startSink({ [statusLine(COMMIT)]: () => TAKEN })
  const { spec, secret } = forge(sink.url)
  const shared = { name: 'shared', spec: { ...spec, commitStatusExpr: `'all'` }, secret }
  await configure(relay, 'local', [shared])
  const container = startContainer(relay)
  // The second event of web is sent to SQS after the one of api.
  await post(container, [stepEvent('web', 1), stepEvent('web', 2), stepEvent('api', 3)])
  await drain({ relay, poller: createPoller(relay) }, container)
  expect(jsonBodies(sink).at(-1)).toMatchObject({
    context: 'all',
    description: 'api step 3 succeeded',
  })
})
