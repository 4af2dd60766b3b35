import { type Awaitable, whenThere } from '../model/awaitable.ts'
import type { CompiledAlert } from './compiled-alert.ts'
import { MessageTests } from './message-tests.ts'
import { providerNameOf } from './provider-route.ts'
import type { RoutingTable } from './routing-table.ts'
import { ConditionTests } from './rules/condition-tests.ts'
import type { Pause } from './slices.ts'
import type { MatchInput } from './source-index.ts'

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

  /** Makes the tests that judging the event for these Alerts takes, with pauses if they may take long. */
  testAhead(alerts: Iterable<CompiledAlert>, table: RoutingTable, pause: Pause): Awaitable<void> {
    return whenThere(this.lists.testAhead(alerts, table.patternSteps, pause), () =>
      table.hasConditions ? this.#testConditions(alerts, table, pause) : undefined,
    )
  }

  async #testConditions(
    alerts: Iterable<CompiledAlert>,
    table: RoutingTable,
    pause: Pause,
  ): Promise<void> {
    let cost = 0
    for (const alert of alerts) {
      const provider = table.providers.get(providerNameOf(alert))
      if (provider === undefined || this.lists.missOf(alert) !== undefined) continue
      cost += this.conditions.resultOf(table.cluster, alert, provider).cost
      if (cost <= SLICE_COST) continue
      cost = 0
      await pause()
    }
  }
}
