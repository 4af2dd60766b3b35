import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { createMetrics } from '../../hosts/embedded/metrics.ts'
import { createLog, logDecision } from '../../hosts/kit/log.ts'
import { listDeliveries, showDelivery } from '../../relay/api/deliveries.ts'
import type { HttpClient } from '../../relay/ports/http.ts'
import type { Observer } from '../../relay/ports/observer.ts'
import type { Canaries } from './canaries.ts'
import type { CanaryProvider } from './canary-providers.ts'
import { MemoryConfigStore } from './memory-ports.ts'
import { fixtureJson } from './notifications.ts'
import { CLUSTER, createHarness, type Harness } from './relay-harness.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Everything that a relay has said or stored, by where that was. */
export type Outputs = Readonly<Record<string, string>>

export interface CanaryRelay {
  readonly harness: Harness
  /** Puts Providers in force, sends one event to all of them, and lets each make its first try. */
  deliverTo(providers: readonly CanaryProvider[]): Promise<void>
  outputs(): Promise<Outputs>
}

/** The core, as the embedded host wires it, over a client of the test's choice. */
export async function createCanaryRelay(http: HttpClient): Promise<CanaryRelay> {
  const directory = temporaryDirectory()
  const lines: string[] = []
  const log = await createLog({
    pretty: false,
    level: 'debug',
    destination: { write: (line) => void lines.push(line) },
  })
  const warnings = collectWarnings()
  const observer: Observer = {
    decided(decision) {
      logDecision(log, decision)
      metrics.decided(decision)
    },
  }
  // As with a manifests folder, whose configuration is in no database.
  const configs = new MemoryConfigStore()
  const harness = createHarness({}, { directory, http, observer, configs })
  const metrics = createMetrics({
    queueDepth: () => harness.queue.depth(),
    quarantineDepth: () => harness.queue.quarantine.depth(),
    clock: harness.clock,
  })

  return {
    harness,
    async deliverTo(providers) {
      for (const { secrets } of providers) {
        for (const [name, data] of secrets) {
          harness.secrets.set(`${CLUSTER}/flux-system/${name}`, data)
        }
      }
      await harness.configure(...providers.flatMap(({ manifests }) => manifests))
      const { metadata } = fixtureJson('kustomization-health-check-failed')
      const forComments = { ...Object(metadata), 'event.toolkit.fluxcd.io/change_request': '42' }
      await harness.send('kustomization-health-check-failed', { metadata: forComments })
      await harness.drain()
    },
    async outputs() {
      const records = await harness.records()
      const shown = records.map(({ id }) => showDelivery(harness.ports, id))
      const snapshot = await configs.read(CLUSTER)
      return {
        log: lines.join(''),
        warnings: warnings.join('\n'),
        metrics: await metrics.text(),
        list: (await listDeliveries(harness.ports, new URLSearchParams('limit=200'))).body,
        deliveries: (await Promise.all(shown)).map(({ body }) => body).join('\n'),
        readiness: JSON.stringify(typeof snapshot === 'object' ? snapshot.objects : ''),
        ...filesOf(directory),
      }
    },
  }
}

/** Node prints warnings, and libraries may quote in them what they were given. */
function collectWarnings(): readonly string[] {
  const warnings: string[] = []
  const onWarning = (warning: Error) => warnings.push(warning.message)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  return warnings
}

/** The raw bytes of each file in a folder. */
export function filesOf(directory: string): Outputs {
  const names = readdirSync(directory)
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
  )
}

/** A place where a secret may be shown, and why. */
export interface LeakException {
  readonly output: RegExp
  /** Matches `place: what was found`. */
  readonly leak: RegExp
  readonly because: string
}

/** Expects that no output holds a canary, and that every exception is needed. */
export function expectNoLeaks(
  canaries: Canaries,
  outputs: Outputs,
  exceptions: readonly LeakException[] = [],
): void {
  const unused = new Set(exceptions)
  const leaks = Object.entries(outputs).flatMap(([output, text]) =>
    canaries.leaksIn(text).flatMap((leak) => {
      const allowed = exceptions.find((e) => e.output.test(output) && e.leak.test(leak))
      if (!allowed) return [`${output}: ${leak}`]
      unused.delete(allowed)
      return []
    }),
  )
  expect(leaks).toEqual([])
  expect([...unused].map(({ because }) => because)).toEqual([])
}
