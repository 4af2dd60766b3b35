import type { EmbeddedRelayOptions } from '../../hosts/embedded/relay.ts'

/** What a relay that a test runs in a process of its own is started with, as `flux-relay serve` does by default. */
export function entryOptions(manifests: string, data: string): EmbeddedRelayOptions {
  return {
    ...{ manifests, data },
    port: 0,
    host: '127.0.0.1',
    cluster: 'local',
    noCrossNamespaceRefs: false,
    denyPrivateAddresses: false,
    rateLimitIntervalMs: 5 * 60_000,
  }
}
