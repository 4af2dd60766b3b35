import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { z } from 'zod'
import { UsageError } from '../../client/usage-error.ts'

const Outputs = z.object({
  SecretPrefix: z.string(),
  ConfigTable: z.string(),
  StateTable: z.string(),
  LedgerTable: z.string(),
  EventsQueueUrl: z.string(),
  RetriesQueueUrl: z.string(),
  // A stack that was deployed before its template had these has neither.
  RelayVersion: z.string().optional(),
  CrossNamespaceRefs: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
})

/** Where the parts of a deployment are, as its stack tells. */
export type StackOutputs = z.infer<typeof Outputs>

/**
 * Reads the outputs of a relay's stack, by region and credentials as the SDK finds them. Rejects
 * with `UsageError` for a stack that is no relay's, and with the SDK's errors.
 */
export async function readStackOutputs(stack: string): Promise<StackOutputs> {
  const client = new CloudFormationClient()
  try {
    const { Stacks: stacks } = await client.send(new DescribeStacksCommand({ StackName: stack }))
    const outputs = (stacks?.[0]?.Outputs ?? []).map(({ OutputKey: key, OutputValue: value }) => [
      key,
      value,
    ])
    const parsed = Outputs.safeParse(Object.fromEntries(outputs))
    if (parsed.success) return parsed.data
    const missing = parsed.error.issues.map(({ path }) => path.join('.')).join(', ')
    throw new UsageError(
      `--stack ${stack}: is not the stack of a relay, such as flux-relay-prod: it has no output ${missing}`,
      1,
    )
  } finally {
    client.destroy()
  }
}
