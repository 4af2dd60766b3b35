import { expect, it } from 'vitest'
import { alertYaml, writeFiles } from '../support/manifest-files.ts'
import { startSink } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'

const SHA = '9e2f4c1b7d3a5860f1e2d3c4b5a697887a6b5c4d'

/** A Provider of the name, which all that is about Kustomizations goes to. */
function route(name: string, address: string, token: string): string {
  const secret = { headers: `Authorization: Bearer ${token}` }
  const alert = alertYaml(name).replace('name: slack', `name: ${name}`)
  return `${alert}---\n${providerYaml(name, { type: 'generic', address }, secret)}`
}

it('tells what a wrong hook and a refused token kept back, once each is mended', async () => {
  const sink = await startSink({
    'POST /hook': { status: 200 },
    'POST /wrong': { status: 404 },
    'POST /token': ({ headers }) => ({
      status: headers.authorization === 'Bearer new' ? 200 : 401,
    }),
  })
  const manifests = manifestsFolder({
    'hook.yaml': route('hook', `${sink.url}/wrong`, 'any'),
    'token.yaml': route('token', `${sink.url}/token`, 'old'),
  })
  const relay = await startRelay({ manifests })
  const mend = async (file: string, content: string) => {
    const loads = relay.log().filter(({ msg }) => msg === 'manifests loaded').length
    writeFiles(manifests, { [file]: content })
    await relay.logged({ msg: 'manifests loaded' }, loads + 1)
  }
  expect(await reported(relay, 2)).toEqual(['hook: dead', 'token: dead'])

  await mend('hook.yaml', route('hook', `${sink.url}/hook`, 'any'))
  expect(await reported(relay, 2)).toEqual(['hook: delivered', 'token: dead'])

  await mend('token.yaml', route('token', `${sink.url}/token`, 'new'))
  expect(await reported(relay, 2)).toEqual(['hook: suppressed', 'token: delivered'])

  expect(await reported(relay, 1)).toEqual(['-: suppressed'])
  const told = sink.requests.filter(
    ({ line, headers }) =>
      line === 'POST /hook' || (line === 'POST /token' && headers.authorization === 'Bearer new'),
  )
  expect(told.map(({ line }) => line)).toEqual(['POST /hook', 'POST /token'])
})

/** Reports the same once more, and shows what its so many records say. */
async function reported(relay: RelayProcess, count: number): Promise<readonly string[]> {
  const known = new Set((await relay.deliveries()).map(({ id }) => id))
  await relay.post(kustomizationEvent('podinfo', SHA))
  await relay.logged({ object: 'Kustomization/flux-system/podinfo' }, known.size + count)
  const records = (await relay.deliveries()).filter(({ id }) => !known.has(id))
  return records.map(({ alert, outcome }) => `${alert?.name ?? '-'}: ${outcome}`).toSorted()
}
