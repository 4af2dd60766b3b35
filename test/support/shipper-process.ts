import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ServedProcess, startServed } from './relay-process.ts'
import { temporaryDirectory } from './temporary-directory.ts'

export interface ShipperArguments {
  /** URL of the relay. */
  readonly relay: string
  /** Default: a new folder. */
  readonly data?: string
  /** Default: a file with the token `cluster-token`. */
  readonly tokenFile?: string
  readonly flags?: readonly string[]
  /** Variables beside those of the test's own process. */
  readonly environment?: Readonly<Record<string, string>>
}

/** The cluster that the shipper of a test ships for. */
export const CLUSTER = 'prod'

/** Starts `flux-relay ship` and waits until it is ready. */
export function startShipper(shipper: ShipperArguments): Promise<ServedProcess> {
  return startServed(shipArguments(shipper), shipper.environment)
}

/** The command line that `startShipper` starts. */
export function shipArguments({ relay, data, tokenFile, flags = [] }: ShipperArguments) {
  return [
    ...['ship', '--relay', relay, '--cluster', CLUSTER],
    ...['--token-file', tokenFile ?? tokenFileOf('cluster-token')],
    ...['--data', data ?? temporaryDirectory(), '--host', '127.0.0.1', '--port', '0'],
    ...flags,
  ]
}

/** A new file that holds a token. */
export function tokenFileOf(token: string): string {
  const file = join(temporaryDirectory(), 'token')
  writeFileSync(file, `${token}\n`)
  return file
}
