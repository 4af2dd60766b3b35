import { Command } from 'commander'
import { UsageError } from '../client/usage-error.ts'
import { CloudBindings } from '../relay/model/cloud-bindings.ts'
import { printLine } from './output/print.ts'
import { onAws } from './relay/on-aws.ts'
import { addRelayOptions, parseCluster, type RelayFlags, withStack } from './relay/options.ts'

interface IdentityFlags extends RelayFlags {
  readonly googleAudience?: string
  readonly googleServiceAccount?: string
  readonly azureTenantId?: string
  readonly azureClientId?: string
  readonly awsDestination?: readonly string[]
}

/** The option that sets each field of a binding. */
const OPTIONS: Readonly<Record<string, string>> = {
  'google.audience': '--google-audience',
  'google.serviceAccount': '--google-service-account',
  'azure.tenantID': '--azure-tenant-id',
  'azure.clientID': '--azure-client-id',
  'aws.destinations': '--aws-destination',
}

/** `flux-relay cluster identity`: who the relay is at clouds for one cluster. */
export function identityCommand(): Command {
  const identity = new Command('identity')
    .description('bind a cluster to identities at clouds, in the place of what it was bound to')
    .argument('<name>', 'name of the cluster', parseCluster)
    .option(
      '--google-audience <name>',
      'provider of a workload identity pool, //iam.googleapis.com/…',
    )
    .option(
      '--google-service-account <email>',
      'account to act as; without it as the pool’s principal',
    )
    .option('--azure-tenant-id <id>', 'tenant of Microsoft Entra ID')
    .option('--azure-client-id <id>', 'application, or user-assigned managed identity')
    .option(
      '--aws-destination <arn...>',
      'topics, queues and event buses that the relay’s own role sends to',
    )
  return addRelayOptions(identity).action(bindCluster)
}

async function bindCluster(cluster: string, flags: IdentityFlags): Promise<void> {
  const bindings = readBindings(flags)
  await withStack(flags, ({ secrets }) => onAws(secrets.bind(cluster, bindings)))
  printLine(`${cluster} is bound to ${Object.entries(bindings).map(describe).join(' and to ')}`)
}

function readBindings(flags: IdentityFlags): CloudBindings {
  const { googleAudience, googleServiceAccount, azureTenantId, azureClientId } = flags
  const { awsDestination: destinations } = flags
  const isGiven = (...values: readonly unknown[]) => values.some((value) => value !== undefined)
  const parsed = CloudBindings.safeParse({
    ...(isGiven(googleAudience, googleServiceAccount) && {
      google: { audience: googleAudience, serviceAccount: googleServiceAccount },
    }),
    ...(isGiven(azureTenantId, azureClientId) && {
      azure: { tenantID: azureTenantId, clientID: azureClientId },
    }),
    ...(destinations !== undefined && { aws: { destinations } }),
  })
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => {
    const option = OPTIONS[path.slice(0, 2).join('.')]
    return option === undefined
      ? 'give --google-audience, --azure-tenant-id or --aws-destination'
      : `${option}: ${message}`
  })
  throw new UsageError(problems.join('; '), 2)
}

function describe([cloud, binding]: readonly [string, object]): string {
  return `${cloud} (${Object.values(binding).flat().filter(Boolean).join(', ')})`
}
