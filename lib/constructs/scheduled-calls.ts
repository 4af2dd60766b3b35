import type { Duration } from 'aws-cdk-lib'
import { Rule, Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'

export interface ScheduledCallsProps {
  readonly description: string
  readonly function: Lambda
  /** The time from one call to the next: a minute or more. */
  readonly every: Duration
}

/**
 * Calls a function again and again. The next call makes up for one that failed, and for one that could not be
 * started until then: Lambda would keep it for six hours, and make all of those together once it has room.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function addScheduledCalls(
  scope: Construct,
  id: string,
  { description, function: lambda, every }: ScheduledCallsProps,
): void {
  lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: every })
  new Rule(scope, id, {
    description,
    schedule: Schedule.rate(every),
    targets: [new LambdaFunction(lambda, { retryAttempts: 0 })],
  })
}
