import { RemovalPolicy, Validations } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  HttpApi,
  HttpMethod,
  HttpStage,
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
  readonly url: string
  /** A line for each request. */
  readonly accessLog: ILogGroup

  constructor(scope: Construct, id: string, props: RelayApiProps) {
    super(scope, id)
    const api = new HttpApi(this, 'Api', { apiName: props.apiName, createDefaultStage: false })
    this.#route(api, 'events', [HttpMethod.POST], props.ingest)
    this.#route(api, 'config', [HttpMethod.PUT, HttpMethod.GET], props.reconcileConfig)
    this.accessLog = new LogGroup(this, 'AccessLog', {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    })
    this.url = this.#createStage(api).url
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

  #createStage(api: HttpApi): HttpStage {
    return new HttpStage(this, 'Stage', {
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
