import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { SqliteQueue } from '../../../adapters/sqlite/queue.ts'
import { startEmbeddedRelay } from '../../../hosts/embedded/relay.ts'
import { openStores } from '../../../hosts/embedded/stores.ts'
import { createLog } from '../../../hosts/kit/log.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const NEVER = () => {
  throw new Error('this does not happen here')
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

it('a relay that does not start looks at nothing any more', async () => {
  const [setting, clearing] = [
    vi.spyOn(globalThis, 'setInterval'),
    vi.spyOn(globalThis, 'clearInterval'),
  ]
  onTestFinished(() => void vi.restoreAllMocks())
  const folder = temporaryDirectory()
  const manifests = join(folder, 'manifests')
  mkdirSync(manifests)
  const options = {
    ...{ data: join(folder, 'data'), host: '127.0.0.1', port: await takenPort(), cluster: 'local' },
    ...{ manifests, rateLimitIntervalMs: 0 },
    ...{ noCrossNamespaceRefs: false, denyPrivateAddresses: false },
  }
  await expect(startEmbeddedRelay(options)).rejects.toThrow(/cannot listen on 127\.0\.0\.1/)
  await expect(startEmbeddedRelay({ ...options, data: `${manifests}/none/\0` })).rejects.toThrow()
  const begun = setting.mock.results.map(({ value }) => value as unknown)
  const ended = new Set(clearing.mock.calls.map(([timer]) => timer as unknown))
  expect(begun.length).toBeGreaterThan(3)
  expect(begun.filter((timer) => !ended.has(timer))).toEqual([])
})

it('a relay whose queue cannot be read lets go of its database', async () => {
  const events = {
    ...{ onSweepFailure: NEVER, onRemovalFailure: NEVER, onLost: NEVER, onGone: NEVER },
    log: await createLog({ pretty: false, level: 'silent' }),
  }
  const data = temporaryDirectory()
  const loading = vi.spyOn(SqliteQueue.prototype, 'loaded')
  onTestFinished(() => void vi.restoreAllMocks())
  loading.mockRejectedValueOnce(new Error('the disk fails'))
  await expect(openStores(data, new ManualClock(), events)).rejects.toThrow('the disk fails')
  const stores = await openStores(data, new ManualClock(), events)
  await stores.close()
})
