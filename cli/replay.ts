import { Command } from 'commander'
import {
  addChangeOptions,
  assertOneChoice,
  type ChangeFlags,
  changeDeliveries,
  type DeliveryChange,
} from './delivery-change.ts'
import { addRelayOptions } from './relay/options.ts'
import { replayQueue } from './replay-queue.ts'

interface ReplayFlags extends ChangeFlags {
  readonly queue?: boolean
}

const REPLAY: DeliveryChange = {
  done: 'sent again',
  nothing: 'nothing was sent',
  question: (count) => `Send ${count} deliveries again?`,
  result: 'queued',
  change: (api, id) => api.replay(id),
}

/** `flux-relay replay`: sends deliveries again, with the configuration of now. */
export function replayCommand(): Command {
  const command = new Command('replay').description(
    'send deliveries again: those named, or with --dead all dead ones that the options select',
  )
  addChangeOptions(command, REPLAY.done).option(
    '--queue',
    'what dispatch could not process at all, and set aside; with --dry-run only tell what that is',
  )
  return addRelayOptions(command).action(replay)
}

async function replay(ids: readonly string[], flags: ReplayFlags, command: Command): Promise<void> {
  assertOneChoice(ids, command, ['queue'])
  if (flags.queue) return replayQueue(flags, flags.dryRun === true)
  await changeDeliveries(ids, flags, REPLAY)
}
