import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Code } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import type { FunctionName } from '../bundle.ts'
import { RelayApi } from '../constructs/relay-api.ts'
import type { RelayFunction } from '../constructs/relay-function.ts'
import { RelayFunctions } from '../constructs/relay-functions.ts'
import { RelayQueues } from '../constructs/relay-queues.ts'
import { RelayTables } from '../constructs/relay-tables.ts'
import type { Settings } from '../settings.ts'

export interface RelayStackProps extends StackProps {
  readonly settings: Settings
  /** Where a function's code comes from; its bundle by default. */
  readonly code?: (name: FunctionName) => Code
}

/** The relay: API, functions, queues and tables. */
export class RelayStack extends Stack {
  readonly functions: Readonly<Record<FunctionName, RelayFunction>>
  readonly queues: RelayQueues
  readonly api: RelayApi

  constructor(scope: Construct, id: string, props: RelayStackProps) {
    const { settings, code } = props
    super(scope, id, {
      description: 'flux-relay: delivers the events of Flux clusters',
      terminationProtection: settings.deletionProtection,
      ...props,
    })
    const secretPrefix = `flux-relay/${settings.stageName}`
    const tables = new RelayTables(this, 'Tables', settings)
    const queues = new RelayQueues(this, 'Queues', settings)
    const parts = { settings, tables, queues, secretPrefix, code }
    this.queues = queues
    this.functions = new RelayFunctions(this, 'Functions', parts).byName
    this.api = new RelayApi(this, 'HttpApi', {
      apiName: `flux-relay-${settings.stageName}`,
      ingest: this.functions.ingest.function,
      reconcileConfig: this.functions['reconcile-config'].function,
      logRetention: settings.retentionDays,
      settings,
    })
    // What a person needs, and what the command line finds the relay by.
    const outputs = {
      ApiUrl: this.api.url,
      SecretPrefix: secretPrefix,
      ConfigTable: tables.config.tableName,
      StateTable: tables.state.tableName,
      LedgerTable: tables.ledger.tableName,
      EventsQueueUrl: queues.events.queueUrl,
      RetriesQueueUrl: queues.retries.queueUrl,
      // What the name of the API has to be an alias of.
      ...(this.api.domainTarget !== undefined && { ApiDomainTarget: this.api.domainTarget }),
      // The subject of the tokens that prove who the relay is.
      ...(settings.cloudIdentities && { DispatchRoleArn: this.functions.dispatch.roleArn }),
    }
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value })
  }
}
