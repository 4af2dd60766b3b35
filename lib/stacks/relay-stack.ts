import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { Code } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import type { Construct } from 'constructs'
import type { FunctionName } from '../bundle.ts'
import { bundledCode } from '../constructs/function-code.ts'
import { RelayApi } from '../constructs/relay-api.ts'
import { RelayFunction, type RelayFunctionProps } from '../constructs/relay-function.ts'
import { RelayQueues } from '../constructs/relay-queues.ts'
import { RelayTables } from '../constructs/relay-tables.ts'
import { METRICS_SERVICE, metricsNamespace } from '../metrics.ts'
import type { Settings } from '../settings.ts'

export interface RelayStackProps extends StackProps {
  readonly settings: Settings
  /** Where a function's code comes from; its bundle by default. */
  readonly code?: (name: FunctionName) => Code
}

/** The messages that a call of dispatch gets at most. */
const BATCH_SIZE = 10

const SILENT_CLUSTERS_CHECK = Schedule.rate(Duration.minutes(5))

const SEND = ['sqs:SendMessage']

type FunctionShape = Pick<
  RelayFunctionProps,
  'description' | 'timeout' | 'memorySize' | 'environment' | 'network'
>

/** The relay: API, functions, queues and tables. */
export class RelayStack extends Stack {
  readonly functions: Readonly<Record<FunctionName, RelayFunction>>
  readonly queues: RelayQueues
  readonly #tables: RelayTables
  readonly #props: RelayStackProps
  /** What the ids of all of this stage's secrets begin with. */
  readonly #secretPrefix: string

  constructor(scope: Construct, id: string, props: RelayStackProps) {
    super(scope, id, { description: 'flux-relay: delivers the events of Flux clusters', ...props })
    this.#props = props
    this.#secretPrefix = `flux-relay/${props.settings.stageName}`
    this.#tables = new RelayTables(this, 'Tables')
    this.queues = new RelayQueues(this, 'Queues')
    this.functions = {
      ingest: this.#createIngest(),
      dispatch: this.#createDispatch(),
      'reconcile-config': this.#createReconcileConfig(),
    }
    this.#createOutputs(this.#createApi())
  }

  #createIngest(): RelayFunction {
    const ingest = this.#createFunction('Ingest', 'ingest', {
      description: 'Takes events over HTTP and queues them',
      // API Gateway waits 30 s at most.
      timeout: Duration.seconds(29),
      memorySize: 512,
      environment: {},
    })
    ingest.allow(SEND, this.queues.events.queueArn)
    ingest.allowSecrets(`${this.#secretPrefix}/tokens`)
    return ingest
  }

  #createDispatch(): RelayFunction {
    const { settings } = this.#props
    const dispatch = this.#createFunction('Dispatch', 'dispatch', {
      description: 'Matches queued events with Alerts and delivers them',
      timeout: Duration.seconds(60),
      memorySize: 1_024,
      environment: {
        ALLOW_PRIVATE_ADDRESSES: String(settings.allowPrivateAddresses),
        NO_CROSS_NAMESPACE_REFS: String(settings.noCrossNamespaceRefs),
      },
      ...this.#network(),
    })
    const { config, state, ledger } = this.#tables
    dispatch.allow(['dynamodb:GetItem'], config.tableArn)
    dispatch.allow(['dynamodb:GetItem', 'dynamodb:PutItem'], state.tableArn)
    dispatch.allow(['dynamodb:BatchGetItem', 'dynamodb:PutItem'], ledger.tableArn)
    dispatch.allow(SEND, this.queues.retries.queueArn)
    dispatch.allowSecrets(`${this.#secretPrefix}/secrets`)
    for (const queue of [this.queues.events, this.queues.retries]) {
      dispatch.function.addEventSource(
        new SqsEventSource(queue, {
          batchSize: BATCH_SIZE,
          reportBatchItemFailures: true,
          maxConcurrency: settings.maximumConcurrency,
        }),
      )
    }
    return dispatch
  }

  #createReconcileConfig(): RelayFunction {
    const reconcileConfig = this.#createFunction('ReconcileConfig', 'reconcile-config', {
      description: 'Validates and stores the configuration of clusters; counts silent ones',
      timeout: Duration.seconds(29),
      memorySize: 512,
      environment: {},
    })
    // Query finds the chunks of replaced sets, Scan the clusters there are.
    const store = ['GetItem', 'PutItem', 'UpdateItem', 'Query', 'Scan']
    reconcileConfig.allow(
      store.map((action) => `dynamodb:${action}`),
      this.#tables.config.tableArn,
    )
    reconcileConfig.allowSecrets(`${this.#secretPrefix}/tokens`)
    reconcileConfig.allowSecrets(`${this.#secretPrefix}/secrets`)
    new Rule(this, 'SilentClustersCheck', {
      description: 'Counts the clusters that send their configuration no more',
      schedule: SILENT_CLUSTERS_CHECK,
      targets: [new LambdaFunction(reconcileConfig.function)],
    })
    return reconcileConfig
  }

  #createFunction(id: string, name: FunctionName, shape: FunctionShape): RelayFunction {
    const { settings, code = bundledCode } = this.#props
    return new RelayFunction(this, id, {
      ...shape,
      functionName: `flux-relay-${settings.stageName}-${name}`,
      code: code(name),
      environment: { ...this.#environment(), ...shape.environment },
      logRetention: settings.retentionDays,
    })
  }

  #environment(): Readonly<Record<string, string>> {
    const { settings } = this.#props
    return {
      CONFIG_TABLE: this.#tables.config.tableName,
      STATE_TABLE: this.#tables.state.tableName,
      LEDGER_TABLE: this.#tables.ledger.tableName,
      EVENTS_QUEUE_URL: this.queues.events.queueUrl,
      RETRIES_QUEUE_URL: this.queues.retries.queueUrl,
      SECRET_PREFIX: this.#secretPrefix,
      RETENTION_DAYS: String(settings.retentionDays),
      POWERTOOLS_LOG_LEVEL: settings.logLevel,
      POWERTOOLS_METRICS_NAMESPACE: metricsNamespace(settings.stageName),
      POWERTOOLS_SERVICE_NAME: METRICS_SERVICE,
    }
  }

  #network(): Pick<FunctionShape, 'network'> {
    const { vpcId } = this.#props.settings
    if (vpcId === undefined) return {}
    const vpc = Vpc.fromLookup(this, 'Vpc', { vpcId })
    const group = new SecurityGroup(this, 'DispatchSecurityGroup', {
      vpc,
      description: 'Dispatch of flux-relay: calls out, takes no calls',
      allowAllOutbound: true,
    })
    return { network: { vpc, securityGroups: [group] } }
  }

  #createApi(): RelayApi {
    const { settings } = this.#props
    return new RelayApi(this, 'HttpApi', {
      apiName: `flux-relay-${settings.stageName}`,
      ingest: this.functions.ingest.function,
      reconcileConfig: this.functions['reconcile-config'].function,
      logRetention: settings.retentionDays,
    })
  }

  /** What a person needs, and what the command line finds the relay by. */
  #createOutputs(api: RelayApi): void {
    const outputs = {
      ApiUrl: api.url,
      SecretPrefix: this.#secretPrefix,
      ConfigTable: this.#tables.config.tableName,
      StateTable: this.#tables.state.tableName,
      LedgerTable: this.#tables.ledger.tableName,
      EventsQueueUrl: this.queues.events.queueUrl,
      RetriesQueueUrl: this.queues.retries.queueUrl,
    }
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value })
  }
}
