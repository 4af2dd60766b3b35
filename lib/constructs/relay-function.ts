import { type Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2'
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  ApplicationLogLevel,
  Architecture,
  type CfnFunction,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda'
import { type ILogGroup, LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { HANDLER } from '../bundle.ts'
import type { DeploymentSettings } from '../deployment-settings.ts'
import { Partition } from './partition.ts'

export interface RelayFunctionProps {
  readonly functionName: string
  readonly description: string
  readonly code: Code
  readonly timeout: Duration
  readonly memorySize: number
  readonly environment: Readonly<Record<string, string>>
  readonly logLevel: DeploymentSettings['logLevel']
  /** Days. */
  readonly logRetention: RetentionDays
  /** Absent: outside of any VPC. */
  readonly network?: { readonly vpc: IVpc; readonly securityGroups: readonly ISecurityGroup[] }
  /** Whether X-Ray traces its calls. */
  readonly traced: boolean
  /** Calls at once, taken from the account's; absent: it shares those. */
  readonly reservedConcurrency?: number
  /** The ARN of the key that the secrets which it reads are encrypted with, if that is one's own. */
  readonly secretsKey?: string | undefined
  /** Whether it queues messages for itself, which Lambda takes for a mistake unless it is allowed. */
  readonly feedsItself?: boolean
}

/** A Lambda function with what all of the relay's have in common, and a role of its own. */
export class RelayFunction extends Construct {
  readonly function: LambdaFunction
  readonly logGroup: ILogGroup
  readonly #role: Role
  readonly #secretsKey: string | undefined

  constructor(scope: Construct, id: string, props: RelayFunctionProps) {
    super(scope, id)
    this.#secretsKey = props.secretsKey
    this.logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${props.functionName}`,
      retention: props.logRetention,
      // A name that is left behind would stop the next deployment of this stage.
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.#role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    this.logGroup.grantWrite(this.#role)
    this.function = new LambdaFunction(this, 'Function', {
      ...commonProps(props),
      role: this.#role,
      logGroup: this.logGroup,
    })
    if (props.feedsItself === true) this.#allowRecursion()
    acknowledge(this.function, this.#role)
    if (props.network !== undefined) this.#joinNetwork()
  }

  get roleArn(): string {
    return this.#role.roleArn
  }

  /** Allows the function the actions, on these resources only. */
  allow(actions: readonly string[], ...resources: readonly string[]): void {
    this.#role.addToPolicy(
      new PolicyStatement({ actions: [...actions], resources: [...resources] }),
    )
  }

  /** Allows reading the secrets whose ids begin with the prefix and a slash. */
  allowSecrets(prefix: string): void {
    const { partition, region, account } = Stack.of(this)
    const arn = `arn:${partition}:secretsmanager:${region}:${account}:secret:${prefix}/*`
    this.allow(['secretsmanager:GetSecretValue'], arn)
    this.#allowDecryption()
    Validations.of(this.#role).acknowledge({
      id: `AwsSolutions-IAM5[Resource::${findingOf(arn)}]`,
      reason: 'Clusters and their Secrets are data: which there are is not known at deployment.',
    })
  }

  /**
   * Allows asking STS for tokens that prove the function's role to these audiences (`*` stands for
   * any text) and live so many seconds at most:
   * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_outbound_policies.html
   */
  allowProofs(audiences: readonly string[], maxSeconds: number): void {
    this.#role.addToPolicy(
      new PolicyStatement({
        actions: ['sts:GetWebIdentityToken'],
        resources: ['*'],
        conditions: {
          'ForAllValues:StringLike': { 'sts:IdentityTokenAudience': [...audiences] },
          Null: { 'sts:IdentityTokenAudience': 'false' },
          NumericLessThanEquals: { 'sts:DurationSeconds': maxSeconds },
        },
      }),
    )
  }

  /** Lets the function decrypt what Secrets Manager encrypted with the key that the deployment names. */
  #allowDecryption(): void {
    if (this.#secretsKey === undefined) return
    const { region, urlSuffix } = Stack.of(this)
    const service = `secretsmanager.${region}.${urlSuffix}`
    this.#role.addToPolicy(
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [this.#secretsKey],
        conditions: { StringEquals: { 'kms:ViaService': service } },
      }),
    )
  }

  #allowRecursion(): void {
    const resource = this.function.node.defaultChild as CfnFunction
    resource.recursiveLoop = new Partition(this).whereRecursionIsDetected('Allow')
  }

  #joinNetwork(): void {
    this.#role.addManagedPolicy(
      ManagedPolicy.fromAwsManagedPolicyName('service-role/AWSLambdaVPCAccessExecutionRole'),
    )
    Validations.of(this.#role).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole]',
      reason: 'The network interfaces of a function in a VPC do not exist before it: no ARN fits.',
    })
  }
}

function commonProps(props: RelayFunctionProps) {
  const { functionName, description, code, timeout, memorySize, network } = props
  return {
    ...{ functionName, description, code, timeout, memorySize },
    handler: HANDLER,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    tracing: props.traced ? Tracing.ACTIVE : Tracing.DISABLED,
    environment: { ...props.environment },
    ...loggingProps(props.logLevel),
    ...(props.reservedConcurrency !== undefined && {
      reservedConcurrentExecutions: props.reservedConcurrency,
    }),
    ...(network && { vpc: network.vpc, securityGroups: [...network.securityGroups] }),
  }
}

/**
 * Leaves out Lambda's own lines about calls that went well, which are a third of what is written. Metrics
 * are lines without a level, which Lambda takes for INFO: above that it would drop them. What else is
 * below the level the function leaves out itself.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
 */
function loggingProps(logLevel: DeploymentSettings['logLevel']) {
  const application = logLevel === 'DEBUG' ? ApplicationLogLevel.DEBUG : ApplicationLogLevel.INFO
  return {
    loggingFormat: LoggingFormat.JSON,
    applicationLogLevelV2: application,
    systemLogLevelV2: SystemLogLevel.WARN,
  }
}

function acknowledge(lambda: LambdaFunction, role: Role): void {
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'X-Ray takes traces for no resource, and STS proves a role for none: their actions have no ARN.',
  })
  Validations.of(lambda).acknowledge({
    id: 'AwsSolutions-L1',
    reason: 'Node 24 is what the relay is tested on, and an LTS release.',
  })
}

/** The ARN in cdk-nag's form, which writes a value that only a deployment knows as its parameter's name. */
function findingOf(arn: string): string {
  return arn
    .replaceAll(/\$\{Token\[AWS\.(\w+)\.\d+\]\}/g, '<AWS::$1>')
    .replaceAll(/\$\{Token\[(\w+)\.Ref\.\d+\]\}/g, '<$1>')
}
