import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { alertYaml } from './manifest-files.ts'
import { jsonBodies, type RecordingSink } from './recording-sink.ts'
import { kustomizationEvent, manifestsFolder, providerYaml } from './relay-manifests.ts'
import {
  type RelayArguments,
  type RelayProcess,
  type ServedProcess,
  startRelay,
} from './relay-process.ts'
import { CLUSTER } from './shipper-process.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Few enough that each of them gets several events. */
const OBJECTS = 4

/** A number of its object, which tells the order at the sink. */
export function numberedEvent(index: number) {
  const event = kustomizationEvent(`app-${index % OBJECTS}`, String(index), `event ${index}`)
  return { ...event, timestamp: new Date().toISOString() }
}

/** A relay on a port that notifies the sink's `/hook` of all events of the shipper's cluster. */
export function startRelayFor(
  sink: RecordingSink,
  port: number,
  relay: Partial<RelayArguments> = {},
): Promise<RelayProcess> {
  const { data = temporaryDirectory(), manifests = manifestsFor(sink), flags = [] } = relay
  return startRelay({
    data,
    manifests,
    flags: ['--cluster', CLUSTER, '--port', String(port), ...flags],
  })
}

/** Manifests by which every event goes to the sink's `/hook`. */
export function manifestsFor(sink: RecordingSink): string {
  const spec = { type: 'generic', address: `${sink.url}/hook` }
  return manifestsFolder({
    'alert.yaml': alertYaml('all'),
    'provider.yaml': providerYaml('slack', spec),
  })
}

/** Writes the relay's tokens file; gives its flags. */
export function tokensFlags(token: string, file = join(temporaryDirectory(), 'tokens.yaml')) {
  writeFileSync(file, `operators: [operator-token]\nclusters:\n  ${CLUSTER}: [${token}]\n`)
  return ['--tokens', file]
}

/** Posts events one after the other; each is taken. */
export async function postNumbered(
  shipper: Pick<ServedProcess, 'post'>,
  from: number,
  to: number,
): Promise<void> {
  for (let index = from; index < to; index += 1) {
    expect((await shipper.post(numberedEvent(index))).status).toBe(202)
  }
}

/** The numbers of the events that arrived, in the order of their arrival. */
export function arrivals(sink: RecordingSink): readonly number[] {
  return jsonBodies(sink).map((body) =>
    Number((body as { readonly message: string }).message.split(' ')[1]),
  )
}

/** Each once, and of each object in order. */
export function expectAllInOrder(sink: RecordingSink, numbers: readonly number[]): void {
  const arrived = arrivals(sink)
  expect(ascending(arrived)).toEqual(ascending(numbers))
  expectInOrder(arrived)
}

/** The numbers of each object ascend. */
export function expectInOrder(arrived: readonly number[]): void {
  for (let object = 0; object < OBJECTS; object += 1) {
    const own = arrived.filter((index) => index % OBJECTS === object)
    expect(own).toEqual(ascending(own))
  }
}

function ascending(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((a, b) => a - b)
}
