import { Command } from 'commander'
import { UsageError } from '../client/usage-error.ts'
import { TRY_BOUNDS } from '../functions/shared/try-bounds.ts'
import type { ObjectReadiness } from '../relay/model/config.ts'
import { noPause } from '../relay/pipeline/slices.ts'
import { count, loadManifests, secretsOf } from './manifests.ts'
import { print } from './output/print.ts'
import { formatTable } from './output/table.ts'

/** `flux-relay validate`: says what a relay would say of manifests, without one. */
export function validateCommand(): Command {
  return new Command('validate')
    .description('check a folder or file of manifests, without a relay; exits with 1 for a mistake')
    .requiredOption('-f, --file <path>', 'folder (or file) of Alerts, Providers and Secrets')
    .action(({ file }: { readonly file: string }) => validate(file))
}

/** Names and UIDs apart, no check depends on the cluster. */
const ANY_CLUSTER = 'local'

async function validate(file: string): Promise<void> {
  const loaded = await loadManifests(file, ANY_CLUSTER)
  const secrets = secretsOf(loaded)
  const { reconcile } = await import('../relay/pipeline/reconcile.ts')
  const { objects } = await reconcile(
    ANY_CLUSTER,
    loaded.manifests,
    0,
    secrets,
    noPause,
    TRY_BOUNDS,
  )
  print(
    formatTable(
      ['KIND', 'NAMESPACE', 'NAME', 'VALID', 'STATUS'],
      objects.map((object) => [
        object.kind,
        object.namespace,
        object.name,
        validity(object),
        object.message,
      ]),
    ),
  )
  const wrong = objects.filter((object) => validity(object) === 'False')
  if (wrong.length > 0) throw new UsageError(`-f ${file}: ${count(wrong, 'object')} not valid`, 1)
}

/**
 * A Secret that is not among the files may well be where the relay looks; and what is wrong with an
 * Alert's Provider is not wrong with the Alert.
 */
function validity({ ready, reason }: ObjectReadiness): 'True' | 'False' | 'Unknown' {
  if (ready) return 'True'
  return reason === 'SecretNotFound' || reason === 'ProviderNotReady' ? 'Unknown' : 'False'
}
