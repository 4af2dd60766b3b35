import { expect, it, onTestFinished } from 'vitest'
import { forgetRetiredClusters } from '../../../hosts/embedded/retired-clusters.ts'
import { parseTokensFile } from '../../../hosts/embedded/tokens.ts'
import { waitFor } from '../../support/wait-for.ts'

/** What is deleted of the clusters of this tokens file on 30 November 2026. */
function forgetting(text: string) {
  const forgotten: string[] = []
  const forget = async (cluster: string) => {
    forgotten.push(cluster)
    return true
  }
  const end = forgetRetiredClusters({
    tokens: () => parseTokensFile(text, 'tokens.yaml'),
    stores: { configs: { forget }, secrets: { forget: async () => true } },
    clock: { now: () => Date.parse('2026-11-30T00:00:00Z') },
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
