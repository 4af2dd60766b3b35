import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts'

/**
 * The ARN of whoever the credentials belong to, which needs no permission. Undefined when STS names
 * none. Rejects when STS cannot be reached or refuses the credentials.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 */
export async function callerArn(sts: Pick<STSClient, 'send'>): Promise<string | undefined> {
  const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
  return Arn
}
