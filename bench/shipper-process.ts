import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { bundleShipper } from '../deploy/image/bundle.ts'
import { createQuietApi } from './kubernetes-api.ts'
import type { Bench, ServedProcess } from './processes.ts'

/** Starts shippers as their container does; each has a spool of its own. */
export interface Shippers {
  /** Without a Kubernetes API. */
  startAlone(relay: string): Promise<ServedProcess>
  /** With labels and a watch of Kubernetes Events, once it knows all that there is. */
  startInCluster(relay: string): Promise<ServedProcess>
}

/** As in deploy/base. */
const ENVIRONMENT = { NODE_OPTIONS: '--max-old-space-size=128' }

/** Bundles the shipper. Throws for what esbuild cannot build. */
export function bundledShippers({ directory, listen, start }: Bench): Shippers {
  const bundle = join(directory, 'flux-relay-ship.mjs')
  bundleShipper(bundle)
  const tokenFile = join(directory, 'token')
  writeFileSync(tokenFile, 'bench\n')
  const own = [
    '--cluster',
    'bench',
    '--token-file',
    tokenFile,
    '--host',
    '127.0.0.1',
    '--port',
    '0',
  ]
  const startWith = (relay: string, flags: readonly string[]) => {
    const data = mkdtempSync(join(directory, 'spool-'))
    return start([bundle, '--relay', relay, '--data', data, ...own, ...flags], {
      environment: ENVIRONMENT,
    })
  }
  return {
    startAlone: (relay) => startWith(relay, ['--no-config']),
    async startInCluster(relay) {
      const api = createQuietApi()
      const url = await listen(api.handler)
      const shipper = await startWith(relay, ['--kube-api', url, '--watch-events', 'Kustomization'])
      await within(30, api.watched)
      return shipper
    },
  }
}

/** How many events are in a shipper's spool. */
export async function waitingEvents({ url }: ServedProcess): Promise<number> {
  const metrics = await (await fetch(new URL('/metrics', url))).text()
  return Number(/^flux_relay_shipper_spool_events (\d+)$/m.exec(metrics)?.[1])
}

/** Resolves when the spool is empty; rejects when it is not within a minute. */
export function allSent(shipper: ServedProcess): Promise<void> {
  const poll = async () => {
    while ((await waitingEvents(shipper)) > 0) await delay(100)
  }
  return within(60, poll())
}

function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  const late = delay(seconds * 1_000, undefined, { ref: false }).then(() => {
    throw new Error(`the shipper has not done within ${seconds} s what was expected`)
  })
  return Promise.race([work, late])
}
