import type { Context } from 'aws-lambda'
import { type Html, html } from '../../console/html.ts'
import { objectName } from '../../relay/model/event.ts'
import { type ReplayPorts, requestReplay } from '../../relay/pipeline/replay.ts'
import type { FailureReports } from '../shared/failure-reports.ts'
import { DESCRIPTION } from './description.ts'
import { type FailureQueries, listFailures } from './failures.ts'
import { failuresPage, notice } from './page.ts'
import { readWidgetRequest, type WidgetRequest } from './request.ts'

/** What the widget needs. */
export interface DeliveriesWidgetParts extends FailureReports {
  readonly ports: ReplayPorts & FailureQueries
  /** Whether deliveries may be replayed. */
  readonly replayButton: boolean
}

/** The part of Lambda's context that the widget uses. */
export type WidgetInvocation = Pick<Context, 'invokedFunctionArn' | 'getRemainingTimeInMillis'>

/** The time for one page of a list, and for the HTML. */
const MARGIN_MS = 8_000

const USAGE =
  'This widget takes {"describe": true}, {"list": true}, {"list": {"cluster": "NAME"}} or {"replay": "ID"}, and nothing else.'
const NO_REPLAY = 'Replay is off here: the setting replayButton of the deployment allows it.'
const NO_LIST = 'The deliveries cannot be read now: the log of this function says why.'
const REPLAY_FAILED =
  'The replay failed, and may be queued all the same: the log of this function says why.'

/**
 * The CloudWatch widget of failed deliveries. It answers each call with HTML, even when it fails.
 */
export function createDeliveriesWidget(parts: DeliveriesWidgetParts) {
  return async (call: unknown, invocation: WidgetInvocation): Promise<string> => {
    const request = readWidgetRequest(call)
    if (request === undefined) return notice(USAGE).toString()
    if (request.kind === 'describe') return DESCRIPTION
    if (request.kind === 'list') return (await list(parts, request, invocation)).toString()
    if (!parts.replayButton) return notice(NO_REPLAY).toString()
    const said = await replay(parts, request)
    return html`${said}${await list(parts, request, invocation)}`.toString()
  }
}

async function list(
  { ports, replayButton, log, onFailed }: DeliveriesWidgetParts,
  { cluster }: Exclude<WidgetRequest, { kind: 'describe' }>,
  invocation: WidgetInvocation,
): Promise<Html> {
  const hasTime = () => invocation.getRemainingTimeInMillis() > MARGIN_MS
  try {
    const failures = await listFailures(ports, cluster, hasTime)
    const replayBy = replayButton ? invocation.invokedFunctionArn : undefined
    return failuresPage(failures, { now: ports.clock.now(), replayBy })
  } catch (error) {
    log.error('list failed', { error, cluster })
    onFailed()
    return notice(NO_LIST)
  }
}

/** CloudWatch does not tell a widget who uses it, but only whose dashboard it is on. */
function widgetName(account: string | undefined): string {
  return account === undefined ? 'CloudWatch widget' : `CloudWatch widget of account ${account}`
}

async function replay(
  { ports, log, onFailed }: DeliveriesWidgetParts,
  { id: delivery, account }: Extract<WidgetRequest, { kind: 'replay' }>,
): Promise<Html> {
  try {
    const result = await requestReplay(ports, delivery, widgetName(account))
    if (result.kind === 'not-found') return notice(`There is no delivery ${delivery}.`)
    if (result.kind === 'refused') return notice(`Not replayed: ${result.reason}.`)
    const { cluster, event } = result.record
    log.info('replay requested', { delivery, cluster, account })
    return notice(`Queued to be sent again: ${objectName(event.involvedObject)} of ${cluster}.`)
  } catch (error) {
    log.error('replay failed', { error, delivery, account })
    onFailed()
    return notice(REPLAY_FAILED)
  }
}
