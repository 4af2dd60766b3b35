import { Duration, Tokenization } from 'aws-cdk-lib'
import { type IVpc, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2'
import type { Code } from 'aws-cdk-lib/aws-lambda'
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Construct } from 'constructs'
import { CONFIG_INDEX, LEDGER_INDEXES } from '../../adapters/aws/tables.ts'
import { METRICS_SERVICE, metricsNamespace } from '../../functions/shared/metric-names.ts'
import { type AwsService, parseAwsDestination } from '../../relay/model/aws-destination.ts'
import { bindsClusters, type DeploymentSettings } from '../deployment-settings.ts'
import type { FunctionName } from '../function-names.ts'
import { bundledCode } from './function-code.ts'
import { RelayFunction, type RelayFunctionProps } from './relay-function.ts'
import type { RelayQueues } from './relay-queues.ts'
import type { RelayTables } from './relay-tables.ts'
import { addScheduledCalls } from './scheduled-calls.ts'

export interface RelayFunctionsProps {
  readonly settings: DeploymentSettings
  readonly tables: RelayTables
  readonly queues: RelayQueues
  /** What the ids of all secrets begin with. */
  readonly secretPrefix: string
  /** Where a function's code comes from; its bundle by default. */
  readonly code?: ((name: FunctionName) => Code) | undefined
  /** Finds the VPC of the settings; by a look-up in the account without it. */
  readonly vpcById?: VpcById | undefined
}

export type VpcById = (scope: Construct, vpcId: string) => IVpc

const lookUpVpc: VpcById = (scope, vpcId) => Vpc.fromLookup(scope, 'Vpc', { vpcId })

/** The messages that a call of dispatch gets at most. */
const BATCH_SIZE = 10

const SILENT_CLUSTERS_CHECK_EVERY = Duration.minutes(5)

/** A sweep queues what is due until the one after the next. */
const RETRIES_SWEEP_EVERY = Duration.minutes(1)

const SEND = ['sqs:SendMessage']

/** What sends to a destination of each service. */
const SEND_TO: Readonly<Record<AwsService, string>> = {
  sns: 'sns:Publish',
  sqs: 'sqs:SendMessage',
  events: 'events:PutEvents',
}

/** Google's providers of workload identity pools, and Microsoft Entra ID. */
const PROOF_AUDIENCES = ['//iam.googleapis.com/projects/*', 'api://AzureADTokenExchange']

/** What adapters/aws/cloud-identities.ts asks for. */
const MAX_PROOF_S = 300

type FunctionShape = Pick<
  RelayFunctionProps,
  | 'description'
  | 'timeout'
  | 'memorySize'
  | 'environment'
  | 'network'
  | 'feedsItself'
  | 'reservedConcurrency'
>

/** What dispatch reads by Go's rules; the AWS SDK does not. */
function proxyVariables({
  httpProxy,
  httpsProxy,
  noProxy,
}: DeploymentSettings): Record<string, string> {
  return {
    ...(httpProxy !== undefined && { HTTP_PROXY: httpProxy }),
    ...(httpsProxy !== undefined && { HTTPS_PROXY: httpsProxy }),
    ...(noProxy !== undefined && { NO_PROXY: noProxy }),
  }
}

/** The relay's functions, each with the rights to what it calls and to nothing else. */
export class RelayFunctions extends Construct {
  readonly byName: Readonly<Record<FunctionName, RelayFunction>>
  readonly #props: RelayFunctionsProps

  constructor(scope: Construct, id: string, props: RelayFunctionsProps) {
    super(scope, id)
    this.#props = props
    this.byName = {
      ingest: this.#createIngest(),
      dispatch: this.#createDispatch(),
      'reconcile-config': this.#createReconcileConfig(),
      'deliveries-widget': this.#createDeliveriesWidget(),
    }
  }

  #createIngest(): RelayFunction {
    const { settings, tables, queues, secretPrefix } = this.#props
    const ingest = this.#createFunction('Ingest', 'ingest', {
      description: 'Takes events over HTTP and queues them',
      // API Gateway waits 30 s at most.
      timeout: Duration.seconds(29),
      memorySize: 512,
      environment: {},
      ...(settings.ingestConcurrency !== undefined && {
        reservedConcurrency: settings.ingestConcurrency,
      }),
    })
    ingest.allow(SEND, queues.events.queueArn)
    // Hashes of tokens, and the pointer beside them.
    ingest.allow(['dynamodb:Query'], tables.config.tableArn)
    ingest.allowSecrets(`${secretPrefix}/tokens`)
    return ingest
  }

  #createDispatch(): RelayFunction {
    const { settings, tables, queues, secretPrefix } = this.#props
    const dispatch = this.#createFunction('Dispatch', 'dispatch', {
      description: 'Matches queued events with Alerts and delivers them',
      timeout: Duration.seconds(60),
      memorySize: settings.dispatchMemory,
      environment: {
        ALLOW_PRIVATE_ADDRESSES: String(settings.allowPrivateAddresses),
        NO_CROSS_NAMESPACE_REFS: String(settings.noCrossNamespaceRefs),
        RATE_LIMIT_INTERVAL: settings.rateLimitInterval,
        CLOUD_IDENTITIES: String(bindsClusters(settings)),
        // libuv gives name look-ups the half of its threads.
        UV_THREADPOOL_SIZE: '128',
        CLUSTER_METRICS: String(settings.clusterMetrics),
        COMPACT_RECORDS: String(settings.compactRecords),
        ...proxyVariables(settings),
      },
      ...this.#network(),
      // Retries come back by its own queue. After 16 rounds Lambda would drop them without a word:
      // https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
      feedsItself: true,
    })
    // It reads of all three at once.
    dispatch.allow(['dynamodb:BatchGetItem'], tables.config.tableArn)
    dispatch.allow(['dynamodb:BatchGetItem', 'dynamodb:PutItem'], tables.state.tableArn)
    // UpdateItem takes what is set aside out of the index of what is due.
    dispatch.allow(
      ['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      tables.ledger.tableArn,
    )
    dispatch.allow(
      ['dynamodb:Query'],
      `${tables.ledger.tableArn}/index/${LEDGER_INDEXES.byDue.name}`,
    )
    dispatch.allow(SEND, queues.retries.queueArn)
    // The deliveries that wait to be told in one message.
    dispatch.allow(
      ['dynamodb:Query'],
      `${tables.ledger.tableArn}/index/${LEDGER_INDEXES.openByOutcome.name}`,
    )
    // What the relay tells of itself: dead deliveries, and Providers whose deliveries fail.
    dispatch.allow(SEND, queues.events.queueArn)
    // What it cannot process at all is set aside there.
    dispatch.allow(SEND, queues.eventsDeadLetters.queueArn, queues.retriesDeadLetters.queueArn)
    dispatch.allowSecrets(`${secretPrefix}/secrets`)
    if (bindsClusters(settings)) dispatch.allowSecrets(`${secretPrefix}/identities`)
    if (settings.cloudIdentities) dispatch.allowProofs(PROOF_AUDIENCES, MAX_PROOF_S)
    this.#allowDestinations(dispatch)
    addScheduledCalls(this, 'RetriesSweep', {
      description: 'Queues the retries that the ledger holds and are due',
      function: dispatch.function,
      every: RETRIES_SWEEP_EVERY,
    })
    for (const queue of [queues.events, queues.retries]) {
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

  #allowDestinations(dispatch: RelayFunction): void {
    const destinations = this.#props.settings.awsDestinations.map(parseAwsDestination)
    for (const [service, action] of Object.entries(SEND_TO)) {
      const own = destinations.filter((destination) => destination?.service === service)
      const arns = own.flatMap((destination) => destination?.arn ?? [])
      if (arns.length > 0) dispatch.allow([action], ...arns)
    }
  }

  #createReconcileConfig(): RelayFunction {
    const { settings, tables, queues, secretPrefix } = this.#props
    const reconcileConfig = this.#createFunction('ReconcileConfig', 'reconcile-config', {
      description: 'Validates and stores the configuration of clusters; counts silent ones',
      timeout: Duration.seconds(29),
      memorySize: 512,
      environment: { NO_CROSS_NAMESPACE_REFS: String(settings.noCrossNamespaceRefs) },
    })
    // Query finds the chunks of replaced sets.
    const store = ['GetItem', 'PutItem', 'UpdateItem', 'Query']
    reconcileConfig.allow(
      store.map((action) => `dynamodb:${action}`),
      tables.config.tableArn,
    )
    // Which clusters there are.
    reconcileConfig.allow(
      ['dynamodb:Query'],
      `${tables.config.tableArn}/index/${CONFIG_INDEX.name}`,
    )
    // What waited for a configuration goes out when it comes.
    reconcileConfig.allow(
      ['dynamodb:Query'],
      `${tables.ledger.tableArn}/index/${LEDGER_INDEXES.openByOutcome.name}`,
    )
    reconcileConfig.allow(['dynamodb:BatchGetItem', 'dynamodb:PutItem'], tables.ledger.tableArn)
    reconcileConfig.allow(SEND, queues.retries.queueArn)
    // What the relay tells of itself: silent clusters, and Alerts that are not ready.
    reconcileConfig.allow(SEND, queues.events.queueArn)
    reconcileConfig.allow(['dynamodb:GetItem', 'dynamodb:PutItem'], tables.state.tableArn)
    reconcileConfig.allowSecrets(`${secretPrefix}/tokens`)
    reconcileConfig.allowSecrets(`${secretPrefix}/secrets`)
    addScheduledCalls(this, 'SilentClustersCheck', {
      description: 'Counts the clusters that no longer send their configuration',
      function: reconcileConfig.function,
      every: SILENT_CLUSTERS_CHECK_EVERY,
    })
    return reconcileConfig
  }

  #createDeliveriesWidget(): RelayFunction {
    const { settings, tables, queues } = this.#props
    const { config, state, ledger } = tables
    const widget = this.#createFunction('DeliveriesWidget', 'deliveries-widget', {
      description: 'Shows failed deliveries in the dashboard',
      timeout: Duration.seconds(20),
      memorySize: 512,
      environment: { REPLAY_BUTTON: String(settings.replayButton) },
    })
    // Which clusters there are.
    widget.allow(['dynamodb:Query'], `${config.tableArn}/index/${CONFIG_INDEX.name}`)
    widget.allow(
      ['dynamodb:Query'],
      `${ledger.tableArn}/index/${LEDGER_INDEXES.openByOutcome.name}`,
    )
    widget.allow(['dynamodb:BatchGetItem'], ledger.tableArn)
    if (settings.replayButton) {
      widget.allow(['dynamodb:PutItem'], ledger.tableArn)
      widget.allow(['dynamodb:GetItem'], state.tableArn)
      // Whether the cluster is observed.
      widget.allow(['dynamodb:GetItem'], config.tableArn)
      widget.allow(SEND, queues.retries.queueArn)
    }
    return widget
  }

  #createFunction(id: string, name: FunctionName, shape: FunctionShape): RelayFunction {
    const { settings, code = bundledCode } = this.#props
    return new RelayFunction(this, id, {
      ...shape,
      functionName: `flux-relay-${settings.stageName}-${name}`,
      code: code(name),
      traced: settings.tracing,
      secretsKey: settings.secretsKeyArn,
      environment: { ...this.#environment(), ...shape.environment },
      logLevel: settings.logLevel,
      logRetention: settings.retentionDays,
    })
  }

  #environment(): Readonly<Record<string, string>> {
    const { settings, tables, queues, secretPrefix } = this.#props
    return {
      CONFIG_TABLE: tables.config.tableName,
      STATE_TABLE: tables.state.tableName,
      LEDGER_TABLE: tables.ledger.tableName,
      EVENTS_QUEUE_URL: queues.events.queueUrl,
      RETRIES_QUEUE_URL: queues.retries.queueUrl,
      SECRET_PREFIX: secretPrefix,
      // As text also where it is a parameter of the template.
      RETENTION_DAYS: Tokenization.stringifyNumber(settings.retentionDays),
      POWERTOOLS_LOG_LEVEL: settings.logLevel,
      POWERTOOLS_METRICS_NAMESPACE: metricsNamespace(settings.stageName),
      POWERTOOLS_SERVICE_NAME: METRICS_SERVICE,
    }
  }

  #network(): Pick<FunctionShape, 'network'> {
    const { settings, vpcById = lookUpVpc } = this.#props
    if (settings.vpcId === undefined) return {}
    const vpc = vpcById(this, settings.vpcId)
    const group = new SecurityGroup(this, 'DispatchSecurityGroup', {
      vpc,
      description: 'Dispatch of flux-relay: calls out, takes no calls',
      allowAllOutbound: true,
    })
    return { network: { vpc, securityGroups: [group] } }
  }
}
