import type { Command } from 'commander'
import type { RelayClient } from '../client/relay-client.ts'
import { UsageError } from '../client/usage-error.ts'
import { messagesFirst } from '../relay/api/replay-order.ts'
import type { Delivery } from '../relay/api/schemas/deliveries.ts'
import { addFilterOptions, type DeliveryFilters, filtersOf } from './filters.ts'
import { deliveryTable } from './get/delivery-table.ts'
import { confirm } from './output/confirm.ts'
import { print, printLine, warnLine } from './output/print.ts'
import { startProgress } from './output/progress.ts'
import { findDelivery } from './relay/delivery-id.ts'
import { type RelayFlags, requireCluster, withRelay } from './relay/options.ts'

/** Which deliveries a command changes, besides those that it is given the ids of, and how it asks. */
export interface ChangeFlags extends RelayFlags, DeliveryFilters {
  readonly dead?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** What a command does with each delivery, and the words in which it tells of that. */
export interface DeliveryChange {
  /** What is done with deliveries: `sent again`. */
  readonly done: string
  /** The line of a dry run, and of a question that was not answered by yes: `nothing was sent`. */
  readonly nothing: string
  /** What is asked for before many are changed: `Send 12 deliveries again?`. */
  question(count: number): string
  /** How each delivery stands then: `queued`. */
  readonly result: string
  /** Why a delivery cannot be changed, as far as it tells that itself. Without it the relay says so. */
  readonly refusal?: (delivery: Delivery) => string | undefined
  /** Changes one; resolves with the reason why it was refused, or undefined. */
  change(api: RelayClient, id: string): Promise<string | undefined>
}

/** More than so many are changed only when a person says so. */
const MOST_UNASKED = 10

/** Adds the ids and the options by which deliveries are chosen. `done` is that of the change. */
export function addChangeOptions(command: Command, done: string): Command {
  command
    .argument('[id...]', 'ids of deliveries, as get deliveries shows them')
    .option('--dead', 'all dead deliveries')
  return addFilterOptions(command)
    .option('--dry-run', `only tell what would be ${done}`)
    .option('-y, --yes', `ask no question before more than ${MOST_UNASKED} are ${done}`)
}

/**
 * Checks that deliveries are chosen in exactly one way: by their ids, by `--dead`, or by one of the command's
 * own flags, `others`. Throws `UsageError`.
 */
export function assertOneChoice(
  ids: readonly string[],
  command: Command,
  others: readonly string[] = [],
): void {
  const isGiven = (flag: string) => command.getOptionValueSource(flag) === 'cli'
  const flags = ['dead', ...others]
  const choices = [ids.length > 0, ...flags.map(isGiven)].filter(Boolean)
  if (choices.length !== 1) {
    const ways = flags.map((flag) => `--${flag}`).join(', or ')
    throw new UsageError(`${command.name()}: name deliveries, or give ${ways}`, 2)
  }
  const [filter] = Object.keys(filtersOf(command.opts())).filter(
    (name) => name !== 'cluster' && isGiven(name),
  )
  if (filter !== undefined && !isGiven('dead')) {
    throw new UsageError(`${command.name()}: --${filter} goes with --dead`, 2)
  }
}

/** Changes the deliveries of these ids, or with `--dead` the dead ones that the flags select. */
export async function changeDeliveries(
  ids: readonly string[],
  flags: ChangeFlags,
  change: DeliveryChange,
): Promise<void> {
  if (flags.dead) requireCluster(flags)
  await withRelay(flags, async (api) => {
    const wanted = flags.dead
      ? await deadOnes(api, flags, change)
      : await named(api, ids, flags, change)
    if (flags.dryRun) return tell(wanted, change)
    await ask(wanted, flags, change)
    await changeAll(api, wanted, change)
  })
}

/** What is asked for, and what of it cannot be changed. */
interface Wanted {
  /** In the order in which they are changed. */
  readonly deliveries: readonly Delivery[]
  /** Lines about ids that no delivery has, and about deliveries that cannot be changed. */
  readonly refused: readonly string[]
}

async function named(
  api: RelayClient,
  ids: readonly string[],
  flags: ChangeFlags,
  change: DeliveryChange,
): Promise<Wanted> {
  const found = await Promise.all(ids.map((id) => findDelivery(api, id, flags)))
  // One may be named twice, also by two beginnings of its id.
  const deliveries = new Map<string, Delivery>()
  const refused = new Set<string>()
  for (const [at, it] of found.entries()) {
    const why = it.kind === 'missing' ? it.why : refusalOf(it.delivery, change)
    if (it.kind === 'found' && why === undefined) deliveries.set(it.delivery.id, it.delivery)
    else refused.add(`${it.kind === 'found' ? it.delivery.id : ids[at]} ${why}`)
  }
  return { deliveries: messagesFirst([...deliveries.values()]), refused: [...refused] }
}

/** Why a delivery is not changed; undefined when it may be. What its record holds is needed for any change. */
function refusalOf(delivery: Delivery, { refusal }: DeliveryChange): string | undefined {
  return delivery.unreadable ? delivery.reason : refusal?.(delivery)
}

/** Collects all dead deliveries, the oldest first, before the first change, which changes what the pages show. */
async function deadOnes(
  api: RelayClient,
  flags: ChangeFlags,
  change: DeliveryChange,
): Promise<Wanted> {
  const deliveries: Delivery[] = []
  const refused: string[] = []
  for await (const delivery of api.deliveries({ ...filtersOf(flags), outcome: 'dead' })) {
    const why = refusalOf(delivery, change)
    if (why === undefined) deliveries.push(delivery)
    else refused.unshift(`${delivery.id} ${why}`)
  }
  return { deliveries: messagesFirst(deliveries.toReversed()), refused }
}

function tell({ deliveries, refused }: Wanted, { done, nothing }: DeliveryChange): void {
  for (const line of refused) warnLine(line)
  if (deliveries.length > 0) print(deliveryTable(deliveries, false))
  warnLine(`${deliveries.length} would be ${done}; ${nothing}`)
  if (refused.length > 0) process.exitCode = 1
}

async function ask(
  { deliveries }: Wanted,
  { yes }: ChangeFlags,
  { done, nothing, question }: DeliveryChange,
): Promise<void> {
  const { length } = deliveries
  if (yes || length <= MOST_UNASKED) return
  if (!process.stdin.isTTY) {
    const advice = 'give --yes, or --dry-run to see which'
    throw new UsageError(`${length} deliveries would be ${done}: ${advice}`, 2)
  }
  if (await confirm(question(length))) return
  throw new UsageError(`${nothing}: answer y, or give --yes`, 1)
}

async function changeAll(
  api: RelayClient,
  { deliveries, refused }: Wanted,
  { result, change }: DeliveryChange,
): Promise<void> {
  let changed = 0
  let asked = 0
  const hasBar = deliveries.length > MOST_UNASKED
  const progress = startProgress(hasBar ? deliveries.length : 0)
  // On a terminal the bar tells of what goes well.
  const isTold = !hasBar || !process.stdout.isTTY
  const summary = () => {
    const left = deliveries.length - asked
    const unchanged = asked + refused.length - changed
    return `${changed} ${result}, ${unchanged} refused${left > 0 ? `, ${left} left` : ''}`
  }
  // The process ends so when nobody reads its output any more.
  const onExit = () => warnLine(summary())
  process.once('exit', onExit)
  try {
    for (const { id } of deliveries) {
      const reason = await change(api, id)
      asked += 1
      if (reason === undefined) changed += 1
      if (reason !== undefined || isTold) printLine(`${id} ${reason ?? result}`)
      progress.step()
    }
  } finally {
    process.off('exit', onExit)
    progress.end()
    for (const line of refused) printLine(line)
    printLine(summary())
    if (changed < asked + refused.length) process.exitCode = 1
  }
}
