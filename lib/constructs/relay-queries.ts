import { type ILogGroup, QueryDefinition, QueryString } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { FunctionName } from '../function-names.ts'
import type { RelayFunction } from './relay-function.ts'

export interface RelayQueriesProps {
  readonly stageName: string
  readonly functions: Readonly<Record<FunctionName, RelayFunction>>
  /** The access log of the API, which has the requests that reach no function. */
  readonly accessLog: ILogGroup
}

interface SavedQuery {
  /** The question that it answers. */
  readonly name: string
  readonly logGroups: readonly ILogGroup[]
  readonly query: QueryString
}

const LIMIT = 200

const LATEST_FIRST = { sort: '@timestamp desc', limit: LIMIT }

/**
 * Saved queries of CloudWatch Logs Insights. The example value of a filter is for a person to edit.
 * The names of fields are those of `decisionEntry` and of the functions' other log lines.
 */
export class RelayQueries extends Construct {
  constructor(scope: Construct, id: string, props: RelayQueriesProps) {
    super(scope, id)
    const queries = {
      ...deliveryQueries(props),
      RefusedRequests: refusedRequests(props),
      NotTaken: eventsNotTaken(props),
    }
    for (const [id, { name, logGroups, query }] of Object.entries(queries)) {
      new QueryDefinition(this, id, {
        // The console makes folders of the slashes.
        queryDefinitionName: `flux-relay/${props.stageName}/${name}`,
        queryString: query,
        logGroups: [...logGroups],
      })
    }
  }
}

function deliveryQueries({ functions }: RelayQueriesProps): Readonly<Record<string, SavedQuery>> {
  const dispatch = functions.dispatch.logGroup
  return {
    EventNotDelivered: {
      name: 'Why was this event not delivered',
      logGroups: [dispatch],
      query: new QueryString({
        fields: columns('outcome reason alert provider attempt dueAt cluster event delivery'),
        filterStatements: ['object = "Kustomization/flux-system/podinfo"'],
        ...LATEST_FIRST,
      }),
    },
    DeadByProvider: {
      name: 'Which deliveries died, by provider and reason',
      logGroups: [dispatch],
      query: new QueryString({
        filterStatements: ['outcome = "dead"'],
        statsStatements: [
          'count_distinct(delivery) as deliveries, max(@timestamp) as newest by cluster, provider, providerType, reason',
        ],
        sort: 'deliveries desc',
        limit: LIMIT,
      }),
    },
    OneDelivery: {
      name: 'What happened to one delivery',
      // The widget logs who replayed it.
      logGroups: [dispatch, functions['deliveries-widget'].logGroup],
      query: new QueryString({
        fields: columns('message attempt reason dueAt latencyMs provider object cluster account'),
        filterStatements: ['delivery = "ID-OF-THE-DELIVERY"'],
        sort: '@timestamp asc',
        limit: LIMIT,
      }),
    },
  }
}

/** The access log tells what was refused, the functions why they failed. */
function refusedRequests({ functions, accessLog }: RelayQueriesProps): SavedQuery {
  return {
    name: 'Which requests were refused or failed',
    logGroups: [accessLog, functions.ingest.logGroup, functions['reconcile-config'].logGroup],
    query: new QueryString({
      fields: columns('status method path ip message error.name error.message integrationError'),
      filterStatements: ['status >= 400'],
      ...LATEST_FIRST,
    }),
  }
}

/** A line stands for those of its cause and cluster that came within a minute after the one before. */
function eventsNotTaken({ functions }: RelayQueriesProps): SavedQuery {
  return {
    name: 'Which events were not taken, by cluster and cause',
    logGroups: [functions.ingest.logGroup],
    query: new QueryString({
      filterStatements: ['ispresent(cause)'],
      statsStatements: [
        'sum(1 + coalesce(moreSinceLast, 0)) as times, max(@timestamp) as newest, latest(address) as sender by cluster, cause',
      ],
      sort: 'times desc',
      limit: LIMIT,
    }),
  }
}

function columns(names: string): string[] {
  return ['@timestamp', ...names.split(' ')]
}
