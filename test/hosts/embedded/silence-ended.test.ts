import { expect, it } from 'vitest'
import { DatabaseError } from '../../../adapters/sqlite/database-error.ts'
import { releaseAtStart, silenceEnded } from '../../../hosts/embedded/silence-ended.ts'
import { LaterVersion } from '../../../relay/model/stored/errors.ts'
import { createSilence, expireSilence } from '../../../relay/pipeline/silences/stored-silences.ts'
import type { Ports } from '../../../relay/ports/ports.ts'
import { alert, CLUSTER, createHarness, provider } from '../../support/relay-harness.ts'
import { waitFor } from '../../support/wait-for.ts'

const MINUTE_MS = 60_000
const FULL = new DatabaseError('relay.db', 'full', 'there is no space left.')
const CLOSED = new DatabaseError('relay.db', 'closed', 'the database is closed.')
const CLUSTERS = { list: async () => [{ cluster: CLUSTER }] }

/** A failure that a silence of a day holds back, which a person has ended. */
async function withEnded() {
  const harness = createHarness()
  const chat = { type: 'slack', address: 'https://hooks.slack.com/services/x' }
  await harness.configure(provider('p', chat), alert('a', 'p'))
  const endsAt = harness.clock.now() + 24 * 60 * MINUTE_MS
  const wanted = { match: 'true', reason: 'work', endsAt }
  const made = await createSilence(harness.ports, CLUSTER, wanted)
  if (made.kind !== 'created') throw new Error(made.reason)
  await harness.send('kustomization-health-check-failed')
  await harness.drain()
  await harness.pass(MINUTE_MS)
  await expireSilence(harness.ports, CLUSTER, made.silence.id)
  expect(harness.requests).toEqual([])
  return { harness, id: made.silence.id }
}

/** Ports whose ledger fails so often at the first writes of what is woken. */
function failing(ports: Ports, errors: Error[]): Ports {
  const writeMany: Ports['ledger']['writeMany'] = async (records) => {
    const error = errors.shift()
    if (error) throw error
    return ports.ledger.writeMany(records)
  }
  const { list, readMany } = ports.ledger
  const ledger = {
    ...{ list: list.bind(ports.ledger), readMany: readMany.bind(ports.ledger), writeMany },
  }
  return { ...ports, ledger: ledger as unknown as Ports['ledger'] }
}

function logged() {
  const errors: unknown[] = []
  const infos: unknown[] = []
  const log = {
    info: (fields: unknown) => void infos.push(fields),
    error: ({ err }: { err?: unknown }) => void errors.push(err),
  }
  return { errors, infos, log }
}

it('lets go of what an ended silence holds once the disk has room again', async () => {
  const { harness, id } = await withEnded()
  const { log, errors, infos } = logged()
  const ports = failing(harness.ports, [FULL, FULL, FULL])
  await silenceEnded({ ports, log, retryMs: 1 }, CLUSTER, id)
  await waitFor(() => expect(infos).toHaveLength(1))
  expect(errors).toEqual([FULL, FULL])
  await harness.pass(MINUTE_MS)
  expect(harness.requests).toHaveLength(1)
})

it('lets go at the start of what a silence holds that was ended before', async () => {
  const { harness } = await withEnded()
  const { log, errors, infos } = logged()
  const ports = failing(harness.ports, [FULL])
  await releaseAtStart({ ports, log, retryMs: 1 }, CLUSTERS)
  expect([errors, infos]).toEqual([[FULL], [{ deliveries: 1 }]])
  await harness.pass(MINUTE_MS)
  expect(harness.requests).toHaveLength(1)
})

it('lets go at the start in the other clusters where the configuration of one cannot be read', async () => {
  const { harness } = await withEnded()
  const { log, errors, infos } = logged()
  const later = new LaterVersion('configuration', 'of the cluster later')
  const reads = [later, CLOSED]
  const { configs, ledger } = failing(harness.ports, [FULL])
  const ports: Ports = {
    ...harness.ports,
    ledger: {
      ...ledger,
      list: (filter, ...page) => ledger.list({ ...filter, cluster: CLUSTER }, ...page),
    },
    configs: {
      ...configs,
      read: async (cluster, known) => {
        if (cluster === 'later') throw reads.shift()
        return configs.read(cluster, known)
      },
    },
  }
  const clusters = { list: async () => [{ cluster: 'later' }, { cluster: CLUSTER }] }
  await releaseAtStart({ ports, log, retryMs: 1 }, clusters)
  expect([errors, infos]).toEqual([[later, FULL], [{ deliveries: 1 }]])
  await harness.pass(MINUTE_MS)
  expect(harness.requests).toHaveLength(1)
})

it('goes on no more once the relay has ended', async () => {
  const { harness, id } = await withEnded()
  const { log, errors, infos } = logged()
  const left = [CLOSED, FULL]
  const ports = failing(harness.ports, left)
  await silenceEnded({ ports, log, retryMs: 1 }, CLUSTER, id)
  left.unshift(CLOSED)
  await releaseAtStart({ ports, log, retryMs: 1 }, CLUSTERS)
  expect([errors, infos, left]).toEqual([[], [], [FULL]])
})
