import { expect, it, onTestFinished } from 'vitest'
import { forgetRetiredClusters } from '../../../hosts/embedded/retired-clusters.ts'
import { parseTokensFile } from '../../../hosts/embedded/tokens.ts'
import { createSilence, readSilences } from '../../../relay/pipeline/silences/stored-silences.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { memoryPorts } from '../../support/memory-ports.ts'
import { waitFor } from '../../support/wait-for.ts'

const NOW = Date.parse('2026-11-30T00:00:00Z')

/** What is deleted of the clusters of this tokens file on 30 November 2026. */
function forgetting(text: string, ports = memoryPorts(new ManualClock(NOW))) {
  const forgotten: string[] = []
  const forget = async (cluster: string) => {
    forgotten.push(cluster)
    return true
  }
  const end = forgetRetiredClusters({
    tokens: () => parseTokensFile(text, 'tokens.yaml'),
    stores: { configs: { forget }, secrets: { forget: async () => true }, state: ports.state },
    clock: ports.clock,
    log: { info: () => undefined, error: () => undefined },
  })
  onTestFinished(end)
  return forgotten
}

it('deletes nothing of a cluster that has tokens again, though it is still among the retired', async () => {
  const forgotten = forgetting(`clusters: {prod: new}
retired:
  prod: {at: 2026-11-01T00:00:00Z, tokens: [old]}
  gone: {at: 2026-11-01T00:00:00Z, tokens: [older]}
  late: {at: 2026-11-29T00:00:00Z, tokens: [oldest]}
`)
  await waitFor(() => expect(forgotten).toContain('gone'))
  expect(forgotten).toEqual(['gone'])
})

it('deletes the silences of a cluster that is gone, so that a new one of its name has none', async () => {
  const ports = memoryPorts(new ManualClock(NOW))
  const wanted = { match: 'true', reason: 'work', endsAt: NOW + 1e9, by: 'ann' }
  for (const cluster of ['gone', 'prod']) await createSilence(ports, cluster, wanted)
  forgetting(
    'clusters: {prod: new}\nretired: {gone: {at: 2026-11-01T00:00:00Z, tokens: [old]}}\n',
    ports,
  )
  await waitFor(async () => expect(await readSilences(ports, 'gone')).toEqual([]))
  expect(await readSilences(ports, 'prod')).toHaveLength(1)
})
