import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ApiError } from '../../../hosts/shipper/kubernetes/api-error.ts'
import type { KubernetesClient } from '../../../hosts/shipper/kubernetes/client.ts'
import { follow } from '../../../hosts/shipper/kubernetes/follow.ts'
import { createMutex } from '../../../hosts/shipper/kubernetes/mutex.ts'
import { waitFor } from '../../support/wait-for.ts'

it('lists that share turns come one after the other, also when one fails or is given up', async () => {
  const asked: string[] = []
  const client = clientOf(asked)
  const listTurns = createMutex()
  const stopping = new AbortController()
  const { signal } = stopping
  const read = async (path: string, updates = Number.POSITIVE_INFINITY) => {
    let left = updates
    const wait = async () => void (await turn())
    const options = { client, collection: { path }, signal, random: () => 0, wait, listTurns }
    for await (const _ of follow({ ...options, onFailure: () => asked.push(`${path} failed`) })) {
      left -= 1
      if (left === 0) return
    }
  }
  const done = Promise.all([read('/given-up', 2), read('/failing'), read('/a'), read('/b')])
  await waitFor(() => expect(asked.filter((text) => text.startsWith('watch'))).toHaveLength(3))
  expect(asked).toEqual([
    ...['/given-up 1'],
    ...['/failing 1', '/failing failed'],
    ...['/a 1', '/a 2', 'watch /a'],
    ...['/b 1', '/b 2', 'watch /b'],
    ...['/failing 1', '/failing 2', 'watch /failing'],
  ])
  stopping.abort()
  await done
})

/** An API whose lists have two pages, and whose watches are silent. */
function clientOf(asked: string[]): KubernetesClient {
  let hasFailed = false
  return {
    async request({ path }) {
      const url = new URL(path, 'http://api')
      const page = url.searchParams.has('continue') ? 2 : 1
      asked.push(`${url.pathname} ${page}`)
      await turn()
      if (url.pathname === '/failing' && !hasFailed) {
        hasFailed = true
        throw new ApiError('no')
      }
      const next = page === 1 && { continue: 'next' }
      return { metadata: { resourceVersion: '1', ...next }, items: [] }
    },
    async *stream({ path }, signal) {
      asked.push(`watch ${new URL(path, 'http://api').pathname}`)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      yield []
    },
    close: async () => undefined,
  }
}
