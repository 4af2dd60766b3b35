import { onTestFinished } from 'vitest'
import { shipCommand } from '../../cli/ship.ts'
import { type ShipOptions, startShipper } from '../../hosts/shipper/ship.ts'
import { type Served, servedAt } from './served.ts'
import { type ShipperArguments, shipArguments } from './shipper-process.ts'

/** What the command itself gives a shipper after a SIGTERM. */
const GRACE_MS = 20_000

/** A shipper in the process of the test. */
export interface ShipperHere extends Served {
  /** As SIGTERM does, once: resolves with false when what was under way did not end in time. */
  stop(): Promise<boolean>
}

/**
 * Starts what `flux-relay ship` with these arguments runs, in this process, which takes a twentieth of
 * the time of one of its own. Signals, exit codes and variables are a process's: `startShipper`.
 */
export async function startShipperHere(
  shipper: Omit<ShipperArguments, 'environment'>,
): Promise<ShipperHere> {
  const lines: string[] = []
  const options = await shipOptions(shipArguments(shipper).slice(1))
  const logTo = { write: (line: string) => void lines.push(line) }
  const running = await startShipper({ ...options, logTo })
  let stopped: Promise<boolean> | undefined
  const stop = () => {
    stopped ??= running.stop(GRACE_MS)
    return stopped
  }
  onTestFinished(async () => void (await stop()))
  return { ...servedAt(`http://127.0.0.1:${running.port}`, () => lines), stop }
}

/** What the command makes of its flags. */
async function shipOptions(flags: readonly string[]): Promise<ShipOptions> {
  const options: ShipOptions[] = []
  const command = shipCommand(async (parsed) => void options.push(parsed))
  await command.exitOverride().parseAsync([...flags], { from: 'user' })
  const [only] = options
  if (!only) throw new Error('the command did not run')
  return only
}
