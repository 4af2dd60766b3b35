/** The services that events are sent to, by the name that their ARNs have. */
export type AwsService = 'sns' | 'sqs' | 'events'

/** A topic, a queue or an event bus. */
export interface AwsDestination {
  readonly service: AwsService
  readonly arn: string
  readonly region: string
  readonly account: string
  /** What stands after the account: the name of the topic or queue, or `event-bus/NAME`. */
  readonly resource: string
  /** The service in that region: `https://sqs.eu-west-1.amazonaws.com/`. */
  readonly endpoint: string
}

/**
 * What the hosts of a partition end in:
 * https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 */
const HOSTS: ReadonlyMap<string, string> = new Map([
  ['aws', 'amazonaws.com'],
  ['aws-us-gov', 'amazonaws.com'],
  ['aws-cn', 'amazonaws.com.cn'],
  ['aws-eusc', 'amazonaws.eu'],
])

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
const ARN =
  /^arn:(?<partition>aws[a-z-]{0,10}):(?<service>[a-z]{3,10}):(?<region>[a-z]{2,8}(?:-[a-z]{2,12}){1,3}-\d{1,2}):(?<account>\d{12}):(?<resource>[\w/.-]{1,300})$/

/** How each service writes the resource of a destination. */
const RESOURCES: Readonly<Record<AwsService, RegExp>> = {
  sns: /^[\w-]{1,256}(?:\.fifo)?$/,
  sqs: /^[\w-]{1,80}(?:\.fifo)?$/,
  events: /^event-bus\/[\w./-]{1,256}$/,
}

/** Reads the ARN of a topic, a queue or an event bus; undefined when it is none. */
export function parseAwsDestination(arn: string): AwsDestination | undefined {
  const parts = ARN.exec(arn)?.groups
  const { partition = '', service = '', region = '', account = '', resource = '' } = parts ?? {}
  const hosts = HOSTS.get(partition)
  if (hosts === undefined || !isService(service) || !RESOURCES[service].test(resource)) {
    return undefined
  }
  const endpoint = `https://${service}.${region}.${hosts}/`
  return { service, arn, region, account, resource, endpoint }
}

function isService(text: string): text is AwsService {
  return Object.hasOwn(RESOURCES, text)
}

/** Whether a topic or queue keeps an order, and drops what it got already: its name tells. */
export function isFifo({ resource }: AwsDestination): boolean {
  return resource.endsWith('.fifo')
}
