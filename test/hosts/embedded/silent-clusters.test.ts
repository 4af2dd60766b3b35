import { expect, it, onTestFinished, vi } from 'vitest'
import { watchSilentClusters } from '../../../hosts/embedded/silent-clusters.ts'
import { parseTokensFile } from '../../../hosts/embedded/tokens.ts'
import { troubleKey } from '../../../relay/pipeline/self/troubles.ts'
import { memoryPorts } from '../../support/memory-ports.ts'

const MINUTE_MS = 60_000

/** A watch beside a cluster that was heard a while before it began. */
function watched(heardBeforeMs: number) {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const ports = memoryPorts()
  const { clock, queue } = ports
  let heardAt = clock.now() - heardBeforeMs
  let file = parseTokensFile('clusters: {prod: new}', 'tokens.yaml')
  const clusters = {
    list: async () => [...file.clusters.keys()].map((cluster) => ({ cluster, heardAt })),
  }
  const log = { error: () => undefined }
  const watch = watchSilentClusters({ ports, clusters, tokens: () => file, log })
  onTestFinished(() => watch.end())
  return {
    ...{ ports, clock },
    told: () => queue.events.map(({ event }) => event.reason),
    heard() {
      heardAt = clock.now()
    },
    tokens(text: string) {
      file = parseTokensFile(text, 'tokens.yaml')
    },
    messages: () => queue.events.map(({ event }) => event.message),
    async pass(minutes: number) {
      for (let minute = 0; minute < minutes; minute += 1) {
        clock.advance(MINUTE_MS)
        await vi.advanceTimersByTimeAsync(MINUTE_MS)
      }
    },
    set(byMs: number) {
      clock.setBy(byMs)
      watch.clockWasSet(byMs)
    },
  }
}

it('tells of a cluster that becomes silent while the relay listens, and is heard again', async () => {
  const { pass, told, heard } = watched(0)
  await pass(30)
  expect(told()).toEqual([])
  await pass(1)
  expect(told()).toEqual(['ClusterSilent'])
  heard()
  await pass(1)
  expect(told()).toEqual(['ClusterSilent', 'ClusterHeard'])
})

it('takes no cluster for silent because the relay was down', async () => {
  const { pass, told, heard } = watched(5 * 60 * MINUTE_MS)
  await pass(9)
  heard()
  await pass(29)
  expect(told()).toEqual([])
  await pass(2)
  expect(told()).toEqual(['ClusterSilent'])
})

it('takes one for silent that is not heard after the relay came back', async () => {
  const { pass, told } = watched(5 * 60 * MINUTE_MS)
  await pass(29)
  expect(told()).toEqual([])
  await pass(1)
  expect(told()).toEqual(['ClusterSilent'])
})

it('takes none for silent because the machine slept, or the clock was set forward', async () => {
  const { pass, told, heard, set } = watched(0)
  await pass(29)
  heard()
  await pass(5)
  set(8 * 60 * MINUTE_MS)
  await pass(9)
  heard()
  await pass(29)
  expect(told()).toEqual([])
})

it('takes none for heard because the clock was set back', async () => {
  const { pass, told, heard, set } = watched(0)
  await pass(40)
  set(-3 * 60 * MINUTE_MS)
  await pass(5)
  expect(told()).toEqual(['ClusterSilent'])
  heard()
  await pass(1)
  expect(told()).toEqual(['ClusterSilent', 'ClusterHeard'])
})

const DELETED = 'retired: {prod: {at: 2026-11-20T10:00:00Z, tokens: [old]}}'

it('tells once that a silent cluster is deleted, and of one that comes back once it was heard', async () => {
  const { pass, told, messages, heard, tokens } = watched(0)
  await pass(40)
  tokens(DELETED)
  await pass(40)
  expect(told()).toEqual(['ClusterSilent', 'ObjectDeleted'])
  expect(messages().at(-1)).toMatch(/^Cluster prod was deleted; it was silent since 20\d\d-.+Z$/)
  tokens('clusters: {prod: new}')
  heard()
  await pass(20)
  expect(told()).toEqual(['ClusterSilent', 'ObjectDeleted'])
  await pass(20)
  expect(told().slice(2)).toEqual(['ClusterSilent'])
})

it('tells nothing of a cluster that is deleted and was not silent, or that has tokens again', async () => {
  const { pass, told, tokens } = watched(0)
  await pass(10)
  tokens(DELETED)
  await pass(40)
  expect(told()).toEqual([])
  tokens(`clusters: {prod: new}\n${DELETED}`)
  await pass(5)
  expect(told()).toEqual(['ClusterSilent'])
})

it('tells of a silent cluster though of one that is deleted it cannot be read what was told', async () => {
  const { ports, pass, told, tokens } = watched(0)
  await ports.state.write(troubleKey('gone', 'silent'), { v: 99 }, 'absent', ports.clock.now() * 2)
  tokens('{clusters: {prod: new}, retired: {gone: {at: 2026-11-20T10:00:00Z, tokens: [old]}}}')
  await pass(40)
  expect(told()).toEqual(['ClusterSilent'])
})
