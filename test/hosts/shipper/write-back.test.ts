import { expect, it } from 'vitest'
import type { PutResult } from '../../../hosts/shipper/config/put-results.ts'
import { createWriteBack } from '../../../hosts/shipper/config/write-back.ts'
import { ApiError } from '../../../hosts/shipper/kubernetes/api-error.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { waitFor } from '../../support/wait-for.ts'

const PATH = '/apis/notification.toolkit.fluxcd.io/v1beta3/providers'
const RESOURCE = {
  ...{ group: 'notification.toolkit.fluxcd.io', version: 'v1beta3', kind: 'Provider' },
  ...{ plural: 'providers', path: PATH, isNamespaced: true, hasStatus: false },
}

it('a namespace that refuses Events holds up no other', async () => {
  const results = ['gone', 'gone', 'other'].map(resultIn)
  const { asked, said } = shown(results, () => true)
  await waitFor(() => expect(said).toEqual(['Provider/gone/p0']))
  expect(asked).toEqual(['gone', 'other', 'gone', 'gone', 'gone'])
})

it('shows what an API server refuses only while it starts, and tells of no mistake', async () => {
  const results = ['gone', 'gone', 'other'].map(resultIn)
  const { asked, said } = shown(results, (refused) => refused <= 3)
  await waitFor(() => expect(asked).toEqual(['gone', 'other', 'gone', 'gone', 'gone', 'gone']))
  expect(said).toEqual([])
})

/** Shows these where the namespace `gone` refuses as `isRefused` says of how often it was asked. */
function shown(results: ReturnType<typeof resultIn>[], isRefused: (times: number) => boolean) {
  const asked: string[] = []
  const said: string[] = []
  const writeBack = createWriteBack({
    client: {
      async request({ path }) {
        const [, namespace = ''] = /namespaces\/(\w+)\/events$/.exec(path) ?? []
        asked.push(namespace)
        if (namespace !== 'gone') return
        const times = asked.filter((it) => it === 'gone').length
        if (isRefused(times)) throw new ApiError('is being terminated', { status: 403 })
      },
    },
    watch: {
      find: (_, namespace, name) =>
        results.find(({ readiness: it }) => it.namespace === namespace && it.name === name),
      resource: () => RESOURCE,
      lookAgain: () => undefined,
    },
    clock: new ManualClock(),
    wait: async () => undefined,
    observer: { writeBackFailed: (object) => said.push(object) },
  })
  writeBack.show(results)
  return { asked, said }
}

function resultIn(namespace: string, index: number): PutResult & { readonly text: string } {
  const name = `p${index}`
  const metadata = { namespace, name, uid: `uid-${index}`, resourceVersion: '1', generation: 1 }
  const readiness = { namespace, name, ready: true, reason: 'Succeeded', message: 'Initialized' }
  return {
    kind: 'Provider',
    object: { metadata },
    readiness: { kind: 'Provider', ...readiness },
    text: '',
  }
}
