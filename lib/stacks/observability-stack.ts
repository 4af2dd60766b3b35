import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Construct } from 'constructs'
import { Partition } from '../constructs/partition.ts'
import { RelayAlarms } from '../constructs/relay-alarms.ts'
import { RelayDashboard } from '../constructs/relay-dashboard.ts'
import { RelayMetrics } from '../constructs/relay-metrics.ts'
import { RelayQueries } from '../constructs/relay-queries.ts'
import type { DeploymentSettings } from '../deployment-settings.ts'
import type { MonitoredRelay } from './relay-stack.ts'

export interface ObservabilityStackProps extends StackProps {
  readonly settings: DeploymentSettings
  readonly relay: MonitoredRelay
}

/** Dashboard, saved queries, alarms, and where the alarms go. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, { description: 'flux-relay: dashboard and alarms', ...props })
    addObservability(this, props)
  }
}

/** Adds them to a stack. */
export function addObservability(
  stack: Stack,
  { settings, relay }: Pick<ObservabilityStackProps, 'settings' | 'relay'>,
): void {
  const metrics = new RelayMetrics({
    stageName: settings.stageName,
    queues: relay.queues,
    api: relay.api.api,
    ...(settings.publicIngestUrl && { withUrl: relay.functions.ingest.function }),
    functions: {
      ingest: relay.functions.ingest.function,
      dispatch: relay.functions.dispatch.function,
      'reconcile-config': relay.functions['reconcile-config'].function,
      'deliveries-widget': relay.functions['deliveries-widget'].function,
    },
  })
  const dashboardName = `flux-relay-${settings.stageName}`
  const deliveriesWidget = relay.functions['deliveries-widget'].function
  new RelayDashboard(stack, 'Dashboard', { dashboardName, metrics, deliveriesWidget })
  new RelayQueries(stack, 'Queries', {
    stageName: settings.stageName,
    functions: relay.functions,
    accessLog: relay.api.accessLog,
  })
  const topic = alarmTopic(stack, settings)
  new RelayAlarms(stack, 'Alarms', { metrics, topic, alarms: settings.alarms })
  new CfnOutput(stack, 'AlarmTopicArn', { value: topic.topicArn })
  new CfnOutput(stack, 'DashboardUrl', { value: dashboardUrl(stack, dashboardName) })
}

function alarmTopic(stack: Stack, { alarmTopicArn, alarmEmail }: DeploymentSettings): ITopic {
  if (alarmTopicArn !== undefined) return Topic.fromTopicArn(stack, 'AlarmTopic', alarmTopicArn)
  const topic = new Topic(stack, 'AlarmTopic', { enforceSSL: true })
  // A policy of its own takes the place of the one that lets the account's alarms publish.
  topic.grantPublish(
    new ServicePrincipal('cloudwatch.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  )
  if (alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(alarmEmail))
  return topic
}

function dashboardUrl(stack: Stack, name: string): string {
  const home = `https://${new Partition(stack).consoleHost()}/cloudwatch/home`
  return `${home}?region=${stack.region}#dashboards/dashboard/${name}`
}
