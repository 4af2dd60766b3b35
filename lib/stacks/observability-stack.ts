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
import type { Settings } from '../settings.ts'
import type { RelayStack } from './relay-stack.ts'

export interface ObservabilityStackProps extends StackProps {
  readonly settings: Settings
  readonly relay: Pick<RelayStack, 'queues' | 'functions' | 'api'>
}

/** Dashboard, saved queries, alarms, and where the alarms go. */
export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, { description: 'flux-relay: dashboard and alarms', ...props })
    const { settings, relay } = props
    const metrics = new RelayMetrics({
      stageName: settings.stageName,
      queues: relay.queues,
      api: relay.api.api,
      functions: {
        ingest: relay.functions.ingest.function,
        dispatch: relay.functions.dispatch.function,
        'reconcile-config': relay.functions['reconcile-config'].function,
        'deliveries-widget': relay.functions['deliveries-widget'].function,
      },
    })
    const dashboardName = `flux-relay-${settings.stageName}`
    const deliveriesWidget = relay.functions['deliveries-widget'].function
    new RelayDashboard(this, 'Dashboard', { dashboardName, metrics, deliveriesWidget })
    new RelayQueries(this, 'Queries', {
      stageName: settings.stageName,
      functions: relay.functions,
      accessLog: relay.api.accessLog,
    })
    const topic = this.#alarmTopic(settings)
    new RelayAlarms(this, 'Alarms', { metrics, topic, alarms: settings.alarms })
    new CfnOutput(this, 'AlarmTopicArn', { value: topic.topicArn })
    new CfnOutput(this, 'DashboardUrl', { value: this.#dashboardUrl(dashboardName) })
  }

  #alarmTopic({ alarmTopicArn, alarmEmail }: Settings): ITopic {
    if (alarmTopicArn !== undefined) return Topic.fromTopicArn(this, 'AlarmTopic', alarmTopicArn)
    const topic = new Topic(this, 'AlarmTopic', { enforceSSL: true })
    // A policy of its own takes the place of the one that lets the account's alarms publish.
    topic.grantPublish(
      new ServicePrincipal('cloudwatch.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    )
    if (alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(alarmEmail))
    return topic
  }

  #dashboardUrl(name: string): string {
    const home = `https://${new Partition(this).consoleHost()}/cloudwatch/home`
    return `${home}?region=${this.region}#dashboards/dashboard/${name}`
  }
}
