import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Code } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import manifest from '../../package.json' with { type: 'json' }
import { PublicUrl } from '../constructs/public-url.ts'
import { RelayApi } from '../constructs/relay-api.ts'
import type { RelayFunction } from '../constructs/relay-function.ts'
import { RelayFunctions, type VpcById } from '../constructs/relay-functions.ts'
import { RelayQueues } from '../constructs/relay-queues.ts'
import { RelayTables } from '../constructs/relay-tables.ts'
import { bindsClusters, type DeploymentSettings } from '../deployment-settings.ts'
import type { FunctionName } from '../function-names.ts'

export interface RelayStackProps extends StackProps {
  readonly settings: DeploymentSettings
  /** Where a function's code comes from; its bundle by default. */
  readonly code?: (name: FunctionName) => Code
  /** Finds the VPC of the settings; by a look-up in the account without it. */
  readonly vpcById?: VpcById
}

/** What the dashboard and the alarms of a relay look at. */
export interface MonitoredRelay {
  readonly functions: Readonly<Record<FunctionName, RelayFunction>>
  readonly queues: RelayQueues
  readonly api: RelayApi
}

/** The relay: API, functions, queues and tables. */
export class RelayStack extends Stack implements MonitoredRelay {
  readonly functions: MonitoredRelay['functions']
  readonly queues: RelayQueues
  readonly api: RelayApi

  constructor(scope: Construct, id: string, props: RelayStackProps) {
    super(scope, id, {
      description: 'flux-relay: delivers the events of Flux clusters',
      terminationProtection: props.settings.deletionProtection,
      ...props,
    })
    const parts = addRelay(this, props)
    this.functions = parts.functions
    this.queues = parts.queues
    this.api = parts.api
  }
}

/** Adds all of a relay to a stack. */
export function addRelay(
  stack: Stack,
  { settings, code, vpcById }: Pick<RelayStackProps, 'settings' | 'code' | 'vpcById'>,
): MonitoredRelay {
  const secretPrefix = `flux-relay/${settings.stageName}`
  const tables = new RelayTables(stack, 'Tables', settings)
  const queues = new RelayQueues(stack, 'Queues', settings)
  const parts = { settings, tables, queues, secretPrefix, code, vpcById }
  const functions = new RelayFunctions(stack, 'Functions', parts).byName
  const api = new RelayApi(stack, 'HttpApi', {
    apiName: `flux-relay-${settings.stageName}`,
    ingest: functions.ingest.function,
    reconcileConfig: functions['reconcile-config'].function,
    logRetention: settings.retentionDays,
    settings,
  })
  const ingestUrl = settings.publicIngestUrl
    ? new PublicUrl(stack, 'IngestAddress', { function: functions.ingest.function }).url
    : undefined
  // What a person needs, and what the command line finds the relay by.
  const outputs = {
    ApiUrl: api.url,
    RelayVersion: manifest.version,
    // Not NoCrossNamespaceRefs, which is a parameter of the packaged template.
    CrossNamespaceRefs: String(!settings.noCrossNamespaceRefs),
    SecretPrefix: secretPrefix,
    ConfigTable: tables.config.tableName,
    StateTable: tables.state.tableName,
    LedgerTable: tables.ledger.tableName,
    EventsQueueUrl: queues.events.queueUrl,
    RetriesQueueUrl: queues.retries.queueUrl,
    ...(ingestUrl !== undefined && { IngestUrl: ingestUrl }),
    // What the name of the API has to be an alias of.
    ...(api.domainTarget !== undefined && { ApiDomainTarget: api.domainTarget }),
    // The subject of the tokens that prove who the relay is.
    ...(bindsClusters(settings) && { DispatchRoleArn: functions.dispatch.roleArn }),
  }
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, name, { value })
  return { functions, queues, api }
}
