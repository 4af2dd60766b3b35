import { expect, it } from 'vitest'
import { startSink } from '../support/recording-sink.ts'
import { manifestsFolder } from '../support/relay-manifests.ts'
import { startRelay } from '../support/relay-process.ts'

const ALERTS = 300
const EVENTS = 200

/** Enough for the program and a compiled set: its patterns take 6 MB, and 200 sets of them a gigabyte. */
const HEAP_MIB = 96

/** The full loads are those of `npm run bench -- many-alerts`. */
it('compiles a configuration of many Alerts once for all events of a batch, not for each', async () => {
  const sink = await startSink({ 'POST /hook': { status: 200 } })
  const relay = await startRelay({
    manifests: manifestsFolder({ 'all.json': manifests(`${sink.url}/hook`) }),
    environment: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` },
  })
  const names = Array.from({ length: EVENTS }, (_, index) => `app-${index}`)
  const answer = await relay.fetch('/v1/clusters/local/events', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(names.map(eventAbout)),
  })
  expect([answer.status, await answer.json()]).toEqual([202, { accepted: EVENTS, rejected: [] }])
  const outOfMemory = relay.ended.then(({ code, signal, stderr }) => {
    throw new Error(`the relay ended with ${code ?? signal}: ${stderr}`)
  })
  await Promise.race([relay.logged({ msg: 'delivered' }, EVENTS), outOfMemory])
  outOfMemory.catch(() => undefined)
  const told = sink.requests.map(({ body }) => JSON.parse(body).involvedObject.name)
  expect(told.toSorted()).toEqual(names.toSorted())
})

function eventAbout(name: string) {
  const involvedObject = { kind: 'Kustomization', namespace: 'flux-system', name }
  return { involvedObject, message: 'Reconciliation finished' }
}

/** One Alert for each object; all deliver to one Provider. */
function manifests(address: string): string {
  const apiVersion = 'notification.toolkit.fluxcd.io/v1beta3'
  const metadata = (name: string) => ({ name, namespace: 'flux-system' })
  const provider = {
    ...{ apiVersion, kind: 'Provider', metadata: metadata('sink') },
    spec: { type: 'generic', address },
  }
  const alerts = Array.from({ length: ALERTS }, (_, index) => ({
    ...{ apiVersion, kind: 'Alert', metadata: metadata(`alert-${index}`) },
    spec: {
      providerRef: { name: 'sink' },
      eventSources: [{ kind: 'Kustomization', name: `app-${index}` }],
      exclusionList: [`.*app-${index} (revision|digest) [0-9a-f]+ applied`],
    },
  }))
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [provider, ...alerts] })
}
