import { putBack, setAsideMessages } from '../client/quarantine.ts'
import type { SetAsideMessage } from '../relay/api/schemas/quarantine.ts'
import { formatAge } from './output/age.ts'
import { print, printLine } from './output/print.ts'
import { formatTable } from './output/table.ts'
import { type RelayFlags, withHttpRelay, withStack } from './relay/options.ts'

/** Puts back what dispatch set aside; with `isDryRun` only tells what that is. */
export async function replayQueue(flags: RelayFlags, isDryRun: boolean): Promise<void> {
  if (flags.stack !== undefined) return replayOnAws(flags, isDryRun)
  await withHttpRelay(flags, async (relay) => {
    if (isDryRun) {
      const messages: SetAsideMessage[] = []
      for await (const message of setAsideMessages(relay)) messages.push(message)
      return print(tableOf(messages))
    }
    const { events, retries } = await putBack(relay)
    printLine(`${events} events and ${retries} retries are queued again`)
  })
}

async function replayOnAws(flags: RelayFlags, isDryRun: boolean): Promise<void> {
  await withStack(flags, async (relay) => {
    if (isDryRun) {
      for (const { arn, messages } of await relay.countDeadLetters()) {
        printLine(`${arn} holds ${messages}`)
      }
      return
    }
    for (const arn of await relay.moveDeadLetters()) printLine(`${arn} is being moved back`)
  })
}

function tableOf(messages: readonly SetAsideMessage[]): string {
  const now = Date.now()
  return formatTable(
    ['ID', 'AGE', 'KIND', 'CLUSTER', 'REJECTIONS', 'CAUSE'],
    messages.map(({ id, kind, cluster = '', cause, rejections, lastAt }) => [
      id,
      formatAge(lastAt, now),
      kind,
      cluster,
      String(rejections),
      cause,
    ]),
  )
}
