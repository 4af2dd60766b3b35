import { deliveriesTable } from '../../console/deliveries-table.ts'
import { type Html, html } from '../../console/html.ts'
import { listedView } from '../../relay/api/delivery-view.ts'
import type { Delivery } from '../../relay/api/schemas/deliveries.ts'
import { type Failures, MAX_SHOWN, type Newest } from './failures.ts'

export interface FailuresPageOptions {
  /** The time in milliseconds since the epoch. */
  readonly now: number
  /**
   * The ARN of the function that the button of each row calls; absent when there are no buttons.
   */
  readonly replayBy: string | undefined
}

/** A page with one sentence. */
export function notice(sentence: string): Html {
  return html`<p><strong>${sentence}</strong></p>\n`
}

/** The page with the failures in two tables. */
export function failuresPage({ dead, retry }: Failures, options: FailuresPageOptions): Html {
  return html`${section('Dead', dead, options)}${section('Waiting for a retry', retry, options)}`
}

function section(title: string, newest: Newest, { now, replayBy }: FailuresPageOptions): Html {
  const { records } = newest
  const action = replayBy === undefined ? {} : { action: replayButton(replayBy) }
  const table = deliveriesTable(records.map(listedView), { now, ...action })
  return html`<h3>${title}</h3>\n${records.length > 0 ? table : []}\n<p>${countText(newest)}</p>\n`
}

function countText({ records, mayHaveMore }: Newest): string {
  if (records.length === MAX_SHOWN && mayHaveMore) {
    return `Only the newest ${MAX_SHOWN} are shown: there are more.`
  }
  const found = records.length === 0 ? 'None' : `${records.length} in all`
  return mayHaveMore
    ? `${found} in the part of the ledger that could be searched: there may be older ones.`
    : `${found}.`
}

/**
 * A button with CloudWatch's own element, which acts on the element before it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
 */
function replayButton(functionArn: string): (delivery: Delivery) => Html {
  return ({ id, object, unreadable }) => {
    if (unreadable) return html``
    const question = `Send the notification about ${object} again?`
    return html`<a class="btn">Replay</a><cwdb-action action="call" display="widget" endpoint="${functionArn}" confirmation="${question}">{"replay":"${id}"}</cwdb-action>`
  }
}
