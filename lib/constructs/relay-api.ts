import { RemovalPolicy, Validations } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  HttpApi,
  HttpMethod,
  HttpStage,
  type IHttpApi,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { type ILogGroup, LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'

export interface RelayApiProps {
  readonly apiName: string
  readonly ingest: IFunction
  readonly reconcileConfig: IFunction
  /** Days. */
  readonly logRetention: RetentionDays
}

/**
 * Groups of this name need no room in the account's one resource policy of CloudWatch Logs, which has
 * 5,120 characters for all that delivers logs.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-and-resource-policy.html
 */
const ACCESS_LOGS = '/aws/vendedlogs/'

/** No header and no body: neither credentials nor events belong in a log. */
const ACCESS_LOG = JSON.stringify({
  requestId: '$context.requestId',
  time: '$context.requestTime',
  ip: '$context.identity.sourceIp',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  error: '$context.error.message',
  integrationError: '$context.integrationErrorMessage',
  latencyMs: '$context.responseLatency',
  bytes: '$context.responseLength',
})

/** The HTTP API that clusters send their events and their configuration to. */
export class RelayApi extends Construct {
  readonly api: IHttpApi
  /** Where it is, without a slash at its end. */
  readonly url: string
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
    this.#createStage(api)
    // Without a slash at its end, unlike the URL of the stage: a path is written behind it.
    this.url = api.apiEndpoint
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

  #createStage(api: HttpApi): void {
    new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLog),
        format: AccessLogFormat.custom(ACCESS_LOG),
      },
    })
  }
}
