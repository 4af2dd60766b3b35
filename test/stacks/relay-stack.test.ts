import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import project from '../../package.json' with { type: 'json' }
import { allowedTo, idOf, idsOf } from './read-template.ts'
import { synth, VPC_ID } from './synth.ts'

const { relayTemplate: template } = synth()

const functionId = (name: string, of = template) =>
  idOf(of, 'AWS::Lambda::Function', { FunctionName: `flux-relay-prod-${name}` })

const SECRETS =
  'arn:AWS::Partition:secretsmanager:AWS::Region:AWS::AccountId:secret:flux-relay/prod'
const CONSUME = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ReceiveMessage',
]
const WRITE_LOG = ['logs:CreateLogStream', 'logs:PutLogEvents']
const TRACE = ['xray:PutTelemetryRecords', 'xray:PutTraceSegments']
const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/0123-4567'

describe('functions', () => {
  it('may do this and nothing else', () => {
    expect(allowedTo(template, functionId('ingest'))).toEqual({
      FunctionsIngestLogs: WRITE_LOG,
      QueuesEvents: ['sqs:SendMessage'],
      TablesConfig: ['dynamodb:Query'],
      [`${SECRETS}/tokens/*`]: ['secretsmanager:GetSecretValue'],
    })
    expect(allowedTo(template, functionId('dispatch'))).toEqual({
      FunctionsDispatchLogs: WRITE_LOG,
      QueuesEvents: [...CONSUME, 'sqs:SendMessage'],
      QueuesEventsDeadLetters: ['sqs:SendMessage'],
      QueuesRetries: [...CONSUME, 'sqs:SendMessage'],
      QueuesRetriesDeadLetters: ['sqs:SendMessage'],
      TablesConfig: ['dynamodb:BatchGetItem'],
      TablesLedger: ['dynamodb:BatchGetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      'TablesLedger/index/by-due': ['dynamodb:Query'],
      'TablesLedger/index/open-by-outcome': ['dynamodb:Query'],
      TablesState: ['dynamodb:BatchGetItem', 'dynamodb:PutItem'],
      [`${SECRETS}/secrets/*`]: ['secretsmanager:GetSecretValue'],
    })
    expect(allowedTo(template, functionId('reconcile-config'))).toEqual({
      FunctionsReconcileConfigLogs: WRITE_LOG,
      QueuesEvents: ['sqs:SendMessage'],
      QueuesRetries: ['sqs:SendMessage'],
      TablesState: ['dynamodb:GetItem', 'dynamodb:PutItem'],
      TablesConfig: ['GetItem', 'PutItem', 'Query', 'UpdateItem'].map(
        (action) => `dynamodb:${action}`,
      ),
      'TablesConfig/index/by-part': ['dynamodb:Query'],
      TablesLedger: ['dynamodb:BatchGetItem', 'dynamodb:PutItem'],
      'TablesLedger/index/open-by-outcome': ['dynamodb:Query'],
      [`${SECRETS}/secrets/*`]: ['secretsmanager:GetSecretValue'],
      [`${SECRETS}/tokens/*`]: ['secretsmanager:GetSecretValue'],
    })
  })

  it('of the widget may read what it lists, and write with the replay button only', () => {
    const reads = {
      FunctionsDeliveriesWidgetLogs: WRITE_LOG,
      'TablesConfig/index/by-part': ['dynamodb:Query'],
      TablesLedger: ['dynamodb:BatchGetItem'],
      'TablesLedger/index/open-by-outcome': ['dynamodb:Query'],
    }
    expect(allowedTo(template, functionId('deliveries-widget'))).toEqual(reads)
    const { relayTemplate } = synth({ replayButton: true })
    expect(allowedTo(relayTemplate, functionId('deliveries-widget', relayTemplate))).toEqual({
      ...reads,
      QueuesRetries: ['sqs:SendMessage'],
      TablesConfig: ['dynamodb:GetItem'],
      TablesLedger: ['dynamodb:BatchGetItem', 'dynamodb:PutItem'],
      TablesState: ['dynamodb:GetItem'],
    })
  })

  it('of dispatch may prove its role to two clouds when clusters are bound to identities', () => {
    const { relayTemplate } = synth({ cloudIdentities: true })
    const dispatch = functionId('dispatch', relayTemplate)
    const id = `${SECRETS}/identities/*`
    const before = allowedTo(template, functionId('dispatch'))
    expect(allowedTo(relayTemplate, dispatch)).toEqual({
      ...before,
      '*': ['sts:GetWebIdentityToken'],
      [id]: ['secretsmanager:GetSecretValue'],
    })
    relayTemplate.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Action: 'sts:GetWebIdentityToken',
            Condition: {
              'ForAllValues:StringLike': {
                'sts:IdentityTokenAudience': [
                  '//iam.googleapis.com/projects/*',
                  'api://AzureADTokenExchange',
                ],
              },
              Null: { 'sts:IdentityTokenAudience': 'false' },
              NumericLessThanEquals: { 'sts:DurationSeconds': 300 },
            },
            Effect: 'Allow',
            Resource: '*',
          },
        ]),
      },
    })
    relayTemplate.hasOutput('DispatchRoleArn', Match.anyValue())
    expect(template.findOutputs('DispatchRoleArn')).toEqual({})
  })

  it('of dispatch may send to the destinations of the settings, and prove its role to nobody', () => {
    const arn = (service: string, resource: string) =>
      `arn:aws:${service}:eu-west-1:111122223333:${resource}`
    const [queue, topic, bus] = [
      arn('sqs', 'a.fifo'),
      arn('sns', 'b'),
      arn('events', 'event-bus/c'),
    ] as const
    const { relayTemplate } = synth({ awsDestinations: [queue, topic, bus] })
    const dispatch = functionId('dispatch', relayTemplate)
    expect(allowedTo(relayTemplate, dispatch)).toEqual({
      ...allowedTo(template, functionId('dispatch')),
      [`${SECRETS}/identities/*`]: ['secretsmanager:GetSecretValue'],
      [queue]: ['sqs:SendMessage'],
      [topic]: ['sns:Publish'],
      [bus]: ['events:PutEvents'],
    })
    relayTemplate.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ CLOUD_IDENTITIES: 'true' }) },
    })
    relayTemplate.hasOutput('DispatchRoleArn', Match.anyValue())
  })

  it.each([true, false])('dispatch alone hears that cloudIdentities is %s', (cloudIdentities) => {
    const { relayTemplate } = synth({ cloudIdentities })
    const variable = { CLOUD_IDENTITIES: String(cloudIdentities) }
    const withVariable = { Environment: { Variables: Match.objectLike(variable) } }
    expect(idsOf(relayTemplate, 'AWS::Lambda::Function', withVariable)).toEqual([
      functionId('dispatch', relayTemplate),
    ])
  })

  it.each([true, false])('the widget hears that replayButton is %s', (replayButton) => {
    const { relayTemplate } = synth({ replayButton })
    const variable = { REPLAY_BUTTON: String(replayButton) }
    const withVariable = { Environment: { Variables: Match.objectLike(variable) } }
    expect(idsOf(relayTemplate, 'AWS::Lambda::Function', withVariable)).toEqual([
      functionId('deliveries-widget', relayTemplate),
    ])
  })

  it('dispatch alone may feed itself, so that Lambda ends no chain of retries after 16 rounds', () => {
    const allowed = { RecursiveLoop: { 'Fn::If': [Match.anyValue(), Match.anyValue(), 'Allow'] } }
    expect(idsOf(template, 'AWS::Lambda::Function', allowed)).toEqual([functionId('dispatch')])
    const others = idsOf(template, 'AWS::Lambda::Function', { RecursiveLoop: Match.absent() })
    expect(others).toHaveLength(
      Object.keys(template.findResources('AWS::Lambda::Function')).length - 1,
    )
  })

  it('have no rights from managed policies', () => {
    for (const role of Object.values(template.findResources('AWS::IAM::Role'))) {
      expect(role.Properties.ManagedPolicyArns).toBeUndefined()
    }
  })

  it.each([
    ['ingest', 29],
    ['dispatch', 60],
    ['reconcile-config', 29],
    ['deliveries-widget', 20],
  ])('%s runs on Node 24 and arm64 for %i s', (name, seconds) => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: `flux-relay-prod-${name}`,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Timeout: seconds,
      TracingConfig: Match.absent(),
      ReservedConcurrentExecutions: Match.absent(),
      VpcConfig: Match.absent(),
      Environment: {
        Variables: Match.objectLike({
          CONFIG_TABLE: { Ref: Match.stringLikeRegexp('^TablesConfig') },
          STATE_TABLE: { Ref: Match.stringLikeRegexp('^TablesState') },
          LEDGER_TABLE: { Ref: Match.stringLikeRegexp('^TablesLedger') },
          EVENTS_QUEUE_URL: { Ref: Match.stringLikeRegexp('^QueuesEvents') },
          RETRIES_QUEUE_URL: { Ref: Match.stringLikeRegexp('^QueuesRetries') },
          SECRET_PREFIX: 'flux-relay/prod',
        }),
      },
    })
  })

  it('get the settings', () => {
    const { relayTemplate } = synth({
      stageName: 'dev',
      retentionDays: 7,
      logLevel: 'DEBUG',
      noCrossNamespaceRefs: true,
      rateLimitInterval: '1m30s',
    })
    relayTemplate.hasOutput('CrossNamespaceRefs', { Value: 'false' })
    relayTemplate.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'flux-relay-dev-dispatch',
      Environment: {
        Variables: Match.objectLike({
          ALLOW_PRIVATE_ADDRESSES: 'false',
          NO_CROSS_NAMESPACE_REFS: 'true',
          POWERTOOLS_LOG_LEVEL: 'DEBUG',
          POWERTOOLS_METRICS_NAMESPACE: 'flux-relay/dev',
          RATE_LIMIT_INTERVAL: '1m30s',
          RETENTION_DAYS: '7',
          SECRET_PREFIX: 'flux-relay/dev',
          UV_THREADPOOL_SIZE: '128',
        }),
      },
    })
    relayTemplate.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'flux-relay-dev-reconcile-config',
      Environment: { Variables: Match.objectLike({ NO_CROSS_NAMESPACE_REFS: 'true' }) },
    })
    relayTemplate.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 })
  })

  it('leave out what Lambda itself writes of calls that went well, and no metric', () => {
    // Lines of metrics have no level, which counts as INFO.
    const logs = { LogFormat: 'JSON', SystemLogLevel: 'WARN', ApplicationLogLevel: 'INFO' }
    template.allResourcesProperties('AWS::Lambda::Function', { LoggingConfig: logs })
    synth({ logLevel: 'ERROR' }).relayTemplate.allResourcesProperties('AWS::Lambda::Function', {
      LoggingConfig: logs,
    })
    synth({ logLevel: 'DEBUG' }).relayTemplate.allResourcesProperties('AWS::Lambda::Function', {
      LoggingConfig: { ...logs, ApplicationLogLevel: 'DEBUG' },
    })
  })

  it('have the proxies in dispatch alone', () => {
    const proxies = {
      httpProxy: 'http://p.test',
      httpsProxy: 'socks5://s.test',
      noProxy: '.a.test',
    }
    const { relayTemplate } = synth(proxies)
    const variables = { HTTP_PROXY: 'http://p.test', HTTPS_PROXY: 'socks5://s.test' }
    const withProxies = {
      Environment: { Variables: Match.objectLike({ ...variables, NO_PROXY: '.a.test' }) },
    }
    expect(idsOf(relayTemplate, 'AWS::Lambda::Function', withProxies)).toHaveLength(1)
    relayTemplate.hasResourceProperties('AWS::Lambda::Function', {
      ...withProxies,
      FunctionName: 'flux-relay-prod-dispatch',
    })
    const without = {
      FunctionName: 'flux-relay-prod-dispatch',
      Environment: { Variables: { HTTPS_PROXY: Match.absent(), NO_PROXY: Match.absent() } },
    }
    template.hasResourceProperties('AWS::Lambda::Function', without)
  })

  it('are traced, and of the size and number that the settings say', () => {
    const { relayTemplate } = synth({
      tracing: true,
      clusterMetrics: true,
      dispatchMemory: 512,
      ingestConcurrency: 50,
      secretsKeyArn: KEY,
    })
    relayTemplate.allResourcesProperties('AWS::Lambda::Function', {
      TracingConfig: { Mode: 'Active' },
    })
    relayTemplate.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'flux-relay-prod-dispatch',
      MemorySize: 512,
      Environment: { Variables: Match.objectLike({ CLUSTER_METRICS: 'true' }) },
    })
    const limited = { ReservedConcurrentExecutions: 50 }
    const ingest = functionId('ingest', relayTemplate)
    expect(idsOf(relayTemplate, 'AWS::Lambda::Function', limited)).toEqual([ingest])
    expect(allowedTo(relayTemplate, ingest)).toEqual({
      ...allowedTo(template, functionId('ingest')),
      '*': TRACE,
      [KEY]: ['kms:Decrypt'],
    })
    const widget = functionId('deliveries-widget', relayTemplate)
    expect(allowedTo(relayTemplate, widget)).not.toHaveProperty(KEY)
    relayTemplate.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'kms:Decrypt',
            Condition: {
              StringEquals: {
                'kms:ViaService': {
                  'Fn::Join': [
                    '',
                    ['secretsmanager.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }],
                  ],
                },
              },
            },
          }),
        ]),
      },
    })
  })

  it('log to groups with a retention', () => {
    template.resourceCountIs('AWS::Logs::LogGroup', 5)
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 })
    template.allResourcesProperties('AWS::Lambda::Function', {
      LoggingConfig: { LogGroup: { Ref: Match.stringLikeRegexp('Logs') } },
    })
  })

  it('only dispatch is in the VPC', () => {
    const { relayTemplate } = synth({ vpcId: VPC_ID, allowPrivateAddresses: true })
    const inVpc = { VpcConfig: Match.objectLike({ SubnetIds: ['subnet-12345678'] }) }
    expect(idsOf(relayTemplate, 'AWS::Lambda::Function', inVpc)).toHaveLength(1)
    relayTemplate.hasResourceProperties('AWS::Lambda::Function', {
      ...inVpc,
      FunctionName: 'flux-relay-prod-dispatch',
      Environment: { Variables: Match.objectLike({ ALLOW_PRIVATE_ADDRESSES: 'true' }) },
    })
    relayTemplate.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: Match.absent(),
    })
  })
})

describe('queues', () => {
  const queue = (name: string) =>
    Object.entries(template.findResources('AWS::SQS::Queue')).find(([id]) =>
      new RegExp(`^Queues${name}[0-9A-F]{8}$`).test(id),
    )?.[1]
  const fifo = {
    FifoQueue: true,
    DeduplicationScope: 'messageGroup',
    FifoThroughputLimit: 'perMessageGroupId',
  }
  const common = { SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 }
  const work = (deadLetters: string) => ({
    VisibilityTimeout: 360,
    RedrivePolicy: {
      deadLetterTargetArn: { 'Fn::GetAtt': [expect.stringMatching(`^${deadLetters}`), 'Arn'] },
      maxReceiveCount: 50,
    },
  })

  it.each([
    ['Events', { ...common, ...fifo, ...work('QueuesEventsDeadLetters') }],
    ['EventsDeadLetters', { ...common, ...fifo }],
    ['Retries', { ...common, ...work('QueuesRetriesDeadLetters') }],
    ['RetriesDeadLetters', common],
  ])('%s', (name, properties) => {
    const { Tags: _, ...actual } = queue(name)?.Properties ?? {}
    expect(actual).toEqual(properties)
    expect(queue(name)?.DeletionPolicy).toBe('Retain')
  })

  it('take nothing without TLS', () => {
    template.resourceCountIs('AWS::SQS::QueuePolicy', 4)
    template.allResourcesProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: Match.objectLike({
        Statement: [
          Match.objectLike({
            Action: 'sqs:*',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            Effect: 'Deny',
            Principal: { AWS: '*' },
          }),
        ],
      }),
    })
  })

  it.each(['QueuesEvents', 'QueuesRetries'])('%s feeds dispatch', (id) => {
    const { relayTemplate } = synth({ maximumConcurrency: 7 })
    relayTemplate.resourceCountIs('AWS::Lambda::EventSourceMapping', 2)
    relayTemplate.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp(`^${id}[0-9A-F]{8}$`), 'Arn'] },
      FunctionName: { Ref: functionId('dispatch') },
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 7 },
    })
  })
})

describe('API', () => {
  it('routes to ingest and reconcile-config', () => {
    const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'))
    expect(routes.map((route) => route.Properties.RouteKey).sort()).toEqual([
      'GET /v1/clusters/{cluster}/config',
      'POST /v1/clusters/{cluster}/events',
      'PUT /v1/clusters/{cluster}/config',
    ])
    for (const name of ['ingest', 'reconcile-config']) {
      template.hasResourceProperties('AWS::ApiGatewayV2::Integration', {
        IntegrationUri: { 'Fn::GetAtt': [functionId(name), 'Arn'] },
        PayloadFormatVersion: '2.0',
      })
    }
  })

  it('logs to a group that needs no room in the resource policy of the account', () => {
    template.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: '/aws/vendedlogs/flux-relay-prod',
    })
  })

  it('takes all there is, at its own address, unless the settings say otherwise', () => {
    const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'))
    expect(stage?.Properties).not.toHaveProperty('DefaultRouteSettings')
    template.resourceCountIs('AWS::ApiGatewayV2::DomainName', 0)
    const certificateArn = 'arn:aws:acm:eu-central-1:111122223333:certificate/0123-4567'
    const { relayTemplate } = synth({
      domainName: 'relay.example.com',
      certificateArn,
      apiRequestsPerSecond: 100,
      apiBurst: 200,
    })
    relayTemplate.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingBurstLimit: 200, ThrottlingRateLimit: 100 },
    })
    relayTemplate.hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
      DomainName: 'relay.example.com',
      DomainNameConfigurations: [{ CertificateArn: certificateArn, EndpointType: 'REGIONAL' }],
    })
    relayTemplate.hasResourceProperties('AWS::ApiGatewayV2::ApiMapping', {
      DomainName: { Ref: Match.stringLikeRegexp('^HttpApiDomain') },
      Stage: '$default',
    })
    relayTemplate.hasOutput('ApiUrl', {
      Value: { 'Fn::Join': ['', ['https://', { Ref: Match.stringLikeRegexp('^HttpApiDomain') }]] },
    })
    relayTemplate.hasOutput('ApiDomainTarget', {
      Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^HttpApiDomain'), 'RegionalDomainName'] },
    })
  })

  it('has no function that anybody may call, unless ingest gets a URL', () => {
    template.resourceCountIs('AWS::Lambda::Url', 0)
    const { relayTemplate } = synth({ publicIngestUrl: true })
    relayTemplate.resourceCountIs('AWS::Lambda::Url', 1)
    relayTemplate.hasResourceProperties('AWS::Lambda::Url', {
      AuthType: 'NONE',
      TargetFunctionArn: { 'Fn::GetAtt': [functionId('ingest', relayTemplate), 'Arn'] },
    })
    const open = Object.values(relayTemplate.findResources('AWS::Lambda::Permission'))
      .filter(({ Properties }) => Properties.Principal === '*')
      .map(({ Properties: { Action, FunctionUrlAuthType, InvokedViaFunctionUrl } }) => [
        Action,
        FunctionUrlAuthType ?? InvokedViaFunctionUrl,
      ])
    // https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    expect(open.toSorted()).toEqual([
      ['lambda:InvokeFunction', true],
      ['lambda:InvokeFunctionUrl', 'NONE'],
    ])
    // As ApiUrl it ends without a slash.
    relayTemplate.hasOutput('IngestUrl', {
      Value: { 'Fn::Join': ['', ['https://', { 'Fn::Select': [2, Match.anyValue()] }]] },
    })
  })

  it('logs no header and no body', () => {
    const [stage] = Object.values(template.findResources('AWS::ApiGatewayV2::Stage'))
    const { Format } = stage?.Properties.AccessLogSettings ?? {}
    expect(JSON.parse(Format)).toMatchObject({ status: '$context.status' })
    expect(Format).not.toMatch(/header|body|authorization/i)
  })
})

describe('what can be adopted and protected', () => {
  const names = {
    configTable: 'old-config',
    stateTable: 'old-state',
    ledgerTable: 'old-ledger',
    eventsQueue: 'old-events.fifo',
    eventsDeadLetters: 'old-events-dead.fifo',
    retriesQueue: 'old-retries',
    retriesDeadLetters: 'old-retries-dead',
  }
  const { relayTemplate, relay } = synth({ names, deletionProtection: true })
  const namesOf = (of: typeof template, type: string, property: string) =>
    Object.values(of.findResources(type)).map(({ Properties }) => Properties[property])

  it('has the names of the settings, or none', () => {
    expect(namesOf(relayTemplate, 'AWS::DynamoDB::GlobalTable', 'TableName').sort()).toEqual([
      'old-config',
      'old-ledger',
      'old-state',
    ])
    expect(namesOf(relayTemplate, 'AWS::SQS::Queue', 'QueueName').sort()).toEqual([
      'old-events-dead.fifo',
      'old-events.fifo',
      'old-retries',
      'old-retries-dead',
    ])
    expect(new Set(namesOf(template, 'AWS::SQS::Queue', 'QueueName'))).toEqual(new Set([undefined]))
  })

  it('is protected from deletion if the settings say so', () => {
    expect(relay.terminationProtection).toBe(true)
    expect(synth().relay.terminationProtection).toBe(false)
    const protections = (of: typeof template) =>
      namesOf(of, 'AWS::DynamoDB::GlobalTable', 'Replicas').map(
        ([replica]) => replica.DeletionProtectionEnabled,
      )
    expect(protections(relayTemplate)).toEqual([true, true, true])
    expect(protections(template)).toEqual([false, false, false])
  })
})

describe('the rest', () => {
  it('checks for silent clusters every 5 minutes', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(5 minutes)',
      Targets: [
        Match.objectLike({ Arn: { 'Fn::GetAtt': [functionId('reconcile-config'), 'Arn'] } }),
      ],
    })
  })

  it('sweeps the retries that are due every minute', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(1 minute)',
      Targets: [Match.objectLike({ Arn: { 'Fn::GetAtt': [functionId('dispatch'), 'Arn'] } })],
    })
  })

  it.each([
    ['dispatch', 60],
    ['reconcile-config', 300],
  ])(
    'makes no call of a schedule for %s again, and lets none wait longer than until the next',
    (name, seconds) => {
      template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
        FunctionName: { Ref: functionId(name) },
        MaximumRetryAttempts: 0,
        MaximumEventAgeInSeconds: seconds,
      })
    },
  )

  it('tells where it is', () => {
    template.hasOutput('SecretPrefix', { Value: 'flux-relay/prod' })
    template.hasOutput('RelayVersion', { Value: project.version })
    template.hasOutput('CrossNamespaceRefs', { Value: 'true' })
    template.hasOutput('LedgerTable', { Value: { Ref: Match.stringLikeRegexp('^TablesLedger') } })
    template.hasOutput('EventsQueueUrl', {
      Value: { Ref: Match.stringLikeRegexp('^QueuesEvents') },
    })
    // Behind it a path is written, so it ends without a slash, as https://ID.execute-api.REGION.amazonaws.com.
    template.hasOutput('ApiUrl', {
      Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^HttpApi'), 'ApiEndpoint'] },
    })
  })

  it('is tagged', () => {
    template.allResourcesProperties('AWS::SQS::Queue', {
      Tags: [
        { Key: 'app', Value: 'flux-relay' },
        { Key: 'stage', Value: 'prod' },
      ],
    })
  })
})
