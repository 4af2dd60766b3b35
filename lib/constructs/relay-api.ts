import { RemovalPolicy, Validations } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  DomainName,
  HttpApi,
  HttpMethod,
  HttpStage,
  type IHttpApi,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { type ILogGroup, LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { DeploymentSettings } from '../deployment-settings.ts'

type ApiSettings = Pick<
  DeploymentSettings,
  'domainName' | 'certificateArn' | 'apiRequestsPerSecond' | 'apiBurst'
>

export interface RelayApiProps {
  readonly apiName: string
  readonly ingest: IFunction
  readonly reconcileConfig: IFunction
  /** Days. */
  readonly logRetention: RetentionDays
  readonly settings: ApiSettings
}

/**
 * Groups of this name need no room in the account's one resource policy of CloudWatch Logs, which has
 * 5,120 characters for all that delivers logs.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
 */
const ACCESS_LOGS = '/aws/vendedlogs/'

/** No header and no body: neither credentials nor events belong in a log. CloudWatch keeps the time. */
const ACCESS_LOG = JSON.stringify({
  requestId: '$context.requestId',
  ip: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
  latencyMs: '$context.responseLatency',
})

/** The HTTP API that clusters send their events and their configuration to. */
export class RelayApi extends Construct {
  readonly api: IHttpApi
  /** Where it is, without a slash at its end. */
  readonly url: string
  /** The host that the API's own name has to be an alias of; undefined without such a name. */
  readonly domainTarget: string | undefined
  /** A line for each request. */
  readonly accessLog: ILogGroup

  constructor(scope: Construct, id: string, props: RelayApiProps) {
    super(scope, id)
    const api = new HttpApi(this, 'Api', { apiName: props.apiName, createDefaultStage: false })
    this.#route(api, 'events', [HttpMethod.POST], props.ingest)
    this.#route(api, 'config', [HttpMethod.PUT, HttpMethod.GET], props.reconcileConfig)
    this.accessLog = new LogGroup(this, 'AccessLog', {
      logGroupName: `${ACCESS_LOGS}${props.apiName}`,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.api = api
    const domain = this.#createDomain(props.settings)
    this.#createStage(api, props.settings, domain)
    this.domainTarget = domain?.regionalDomainName
    // Without a slash at its end, unlike the URL of the stage: a path is written behind it.
    this.url = domain === undefined ? api.apiEndpoint : `https://${domain.name}`
  }

  #route(api: HttpApi, resource: string, methods: HttpMethod[], handler: IFunction): void {
    const integration = new HttpLambdaIntegration(`${resource}Integration`, handler)
    const path = `/v1/clusters/{cluster}/${resource}`
    for (const route of api.addRoutes({ path, methods, integration })) {
      Validations.of(route).acknowledge({
        id: 'AwsSolutions-APIG4',
        reason:
          'The function checks the credential: a signature covers the body, which no authorizer sees.',
      })
    }
  }

  #createDomain({ domainName, certificateArn }: ApiSettings): DomainName | undefined {
    if (domainName === undefined || certificateArn === undefined) return undefined
    const certificate = Certificate.fromCertificateArn(this, 'Certificate', certificateArn)
    return new DomainName(this, 'Domain', { domainName, certificate })
  }

  #createStage(api: HttpApi, settings: ApiSettings, domain: DomainName | undefined): void {
    const { apiRequestsPerSecond: rateLimit, apiBurst: burstLimit } = settings
    new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      ...(domain !== undefined && { domainMapping: { domainName: domain } }),
      ...(rateLimit !== undefined &&
        burstLimit !== undefined && { throttle: { rateLimit, burstLimit } }),
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLog),
        format: AccessLogFormat.custom(ACCESS_LOG),
      },
    })
  }
}
