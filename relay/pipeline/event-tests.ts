import { type Awaitable, whenThere } from '../model/awaitable.ts'
import type { CompiledAlert } from './compiled-alert.ts'
import type { LastTold } from './episodes/last-told.ts'
import { MessageTests } from './message-tests.ts'
import { providerNameOf } from './provider-route.ts'
import type { RoutingTable } from './routing-table.ts'
import { ConditionTests } from './rules/condition-tests.ts'
import type { Pause } from './slices.ts'
import type { MatchInput } from './source-index.ts'

/** Reads what an Alert was last told about the object of the event. */
export type ReadLast = (alert: Pick<CompiledAlert, 'alert'>) => Promise<LastTold | undefined>

/** How much conditions cost without a pause, in the steps of CEL, unless one takes more: some milliseconds. */
const SLICE_COST = 100_000

/** The tests of one event that take time. Each is made once, however often it is asked for. */
export class EventTests {
  readonly lists: MessageTests
  readonly conditions: ConditionTests

  constructor(input: MatchInput) {
    this.lists = new MessageTests(input.event.message)
    this.conditions = new ConditionTests(input)
  }

  /**
   * Makes the tests that judging the event for these Alerts takes, with pauses if they may take long. Without
   * `readLast` their conditions see nothing that was told before.
   */
  testAhead(
    alerts: Iterable<CompiledAlert>,
    table: RoutingTable,
    pause: Pause,
    readLast?: ReadLast,
  ): Awaitable<void> {
    return whenThere(this.lists.testAhead(alerts, table.patternSteps, pause), () =>
      table.hasConditions ? this.#testConditions(alerts, table, pause, readLast) : undefined,
    )
  }

  async #testConditions(
    alerts: Iterable<CompiledAlert>,
    table: RoutingTable,
    pause: Pause,
    readLast: ReadLast | undefined,
  ): Promise<void> {
    let cost = 0
    for (const alert of alerts) {
      const provider = table.providers.get(providerNameOf(alert))
      if (provider === undefined || this.lists.missOf(alert) !== undefined) continue
      const last = alert.memory?.usesLast === true ? await readLast?.(alert) : undefined
      if (last) this.conditions.showLast(alert, last)
      cost += this.conditions.resultOf(table.cluster, alert, provider).cost
      if (cost <= SLICE_COST) continue
      cost = 0
      await pause()
    }
  }
}
