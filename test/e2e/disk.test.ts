import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { alertYaml } from '../support/manifest-files.ts'
import { gate, startSink } from '../support/recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from '../support/relay-manifests.ts'
import { type RelayProcess, startRelay } from '../support/relay-process.ts'
import { eventually } from '../support/served.ts'
import { CAN_MOUNT, smallDisk } from '../support/small-disk.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const COMMIT = 'a'.repeat(40)
const EVENTS = 30

/** Requests at once to a host that has not answered yet. */
const UNANSWERED = 3

/** Large events; more than a log has room for that was begun anew at 200 pages. */
const MOST_STORED = 100

function manifests(url: string): string {
  return manifestsFolder({
    'alert.yaml': alertYaml('all'),
    'provider.yaml': providerYaml('slack', { type: 'generic', address: `${url}/hook` }),
  })
}

/** Takes all that is left of a disk, to the last byte: a page may be left in another file. */
function fill(file: string): void {
  const descriptor = openSync(file, 'a')
  const chunk = Buffer.alloc(1024 * 1024)
  for (let bytes = chunk.length; bytes >= 1; ) {
    try {
      writeSync(descriptor, chunk, 0, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      bytes = Math.floor(bytes / 16)
    }
  }
  closeSync(descriptor)
}

/**
 * Posts large events until one is refused, and says how many were taken: on a full disk there is still
 * the room of the log's pages that were moved into the file. Each is another event, because the relay
 * need not store what it has.
 */
async function storedUntilRefused(relay: RelayProcess): Promise<number> {
  const message = 'long '.repeat(7_000)
  for (let index = 0; index < MOST_STORED; index += 1) {
    const { status } = await relay.post(kustomizationEvent(`late-${index}`, COMMIT, message))
    if (status === 503) return index
    expect(status).toBe(202)
  }
  throw new Error(`${MOST_STORED} events were stored on a full disk`)
}

it.skipIf(!CAN_MOUNT)(
  'posts each event once though the disk was full, and says meanwhile that it waits',
  async () => {
    const data = smallDisk(16 * 1024 * 1024)
    const filler = join(data, 'filler')
    const held = gate()
    const sink = await startSink({
      'POST /hook': async () => {
        await held.opened
        return { status: 200 }
      },
    })
    const relay = await startRelay({ manifests: manifests(sink.url), data })
    for (let index = 0; index < EVENTS; index += 1) {
      const answer = await relay.post(kustomizationEvent(`app-${index}`, COMMIT))
      expect(answer.status).toBe(202)
    }
    await eventually(() => expect(sink.requests).toHaveLength(UNANSWERED))
    fill(filler)
    const stored = EVENTS + (await storedUntilRefused(relay))
    held.open()
    const waiting = await relay.fetch('/readyz')
    expect(waiting.status).toBe(503)
    expect(await waiting.text()).toContain('the disk of the data folder is full')
    expect(await relay.metric('flux_relay_storage_writable')).toBe(0)
    expect((await relay.post(kustomizationEvent('late', COMMIT))).status).toBe(503)
    // What was under way has its outcome, from the reserve, and nothing else is sent.
    await eventually(async () => {
      expect(await relay.deliveries('outcome=delivered')).toHaveLength(UNANSWERED)
    })
    expect(sink.requests).toHaveLength(UNANSWERED)

    rmSync(filler)
    await eventually(async () => expect((await relay.fetch('/readyz')).status).toBe(200))
    await eventually(async () => {
      expect(await relay.deliveries('outcome=delivered&limit=200')).toHaveLength(stored)
    })
    expect(sink.requests).toHaveLength(stored)
    expect((await relay.post(kustomizationEvent('late', COMMIT))).status).toBe(202)
    expect(await relay.metric('flux_relay_storage_writable')).toBe(1)
  },
)

it('ends with an error within a second after its folder was deleted, and names what is lost', async () => {
  const held = gate()
  const sink = await startSink({
    'POST /hook': async () => {
      await held.opened
      return { status: 200 }
    },
  })
  const data = join(temporaryDirectory(), 'data')
  const relay = await startRelay({ manifests: manifests(sink.url), data })
  const answers: number[] = []
  const post = async (name: string) => {
    const { status } = await relay.post(kustomizationEvent(name, COMMIT))
    answers.push(status)
  }
  await post('before')
  rmSync(data, { recursive: true })
  const goneAt = performance.now()
  await post('after')
  const { code, stderr } = await relay.ended
  expect(performance.now() - goneAt).toBeLessThan(5_000)
  held.open()
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  const line = relay.log().at(-1)
  expect(line).toMatchObject({
    level: 'error',
    msg: 'flux-relay.db: the database is gone, and the relay stops',
    queuedEvents: answers.filter((status) => status === 202).length,
  })
  expect(line?.acceptedLast).toHaveLength(answers.filter((status) => status === 202).length)
})
