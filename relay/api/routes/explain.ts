import type { ExplainOptions } from '../../pipeline/explain/explain.ts'
import type { ConfigHistory } from '../../ports/config-history.ts'
import type { Ports } from '../../ports/ports.ts'
import { type Answer, problemAnswer } from '../answer.ts'
import { answerEvent } from '../event-query.ts'
import { explain, MAX_EXPLAIN_BYTES } from '../explain.ts'
import { headerOf } from '../http.ts'
import { listEvents } from '../list-events.ts'
import { type Call, type Route, routeOf } from '../route.ts'
import { createRulesReader } from '../rules-of-then.ts'
import type { EventPorts } from '../show-event.ts'

/** What explaining events needs of a host. */
export interface ExplainRouteParts {
  readonly ports: Pick<Ports, 'configs' | 'secrets' | 'clock' | 'ledger' | 'state'>
  readonly history: ConfigHistory
  /** Those by which the host dispatches. */
  readonly options: ExplainOptions
}

/** Says what Alerts would do with an event. */
export function explainRoutes(parts: ExplainRouteParts): readonly Route[] {
  const { history, options } = parts
  const ports = {
    ...parts.ports,
    rules: createRulesReader(history, parts.ports.configs, options.pause),
  }
  const handle = (call: Call) => handleExplain(parts, call)
  return [
    routeOf('explainEvent', { maxBodyBytes: MAX_EXPLAIN_BYTES, handle }),
    routeOf('listEvents', { handle: (call) => handleList(ports, options, call) }),
    routeOf('showEvent', { handle: (call) => handleShow(ports, options, call) }),
  ]
}

function handleList(ports: EventPorts, options: ExplainOptions, call: Call): Promise<Answer> {
  const query = new URLSearchParams(call.request.query)
  return listEvents(ports, query, options)
}

function handleShow(ports: EventPorts, options: ExplainOptions, call: Call): Promise<Answer> {
  const event = call.parameters.id ?? ''
  const query = new URLSearchParams(call.request.query)
  return answerEvent(ports, event, query, options)
}

async function handleExplain({ ports, options }: ExplainRouteParts, call: Call): Promise<Answer> {
  const read = await call.readBody()
  if ('problem' in read) return problemAnswer(read.problem)
  const contentEncoding = headerOf(call.request, 'content-encoding')
  return explain({ ...ports, told: ports }, { body: read.body, contentEncoding }, options)
}
