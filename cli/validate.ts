import { Command, Option } from 'commander'
import { UsageError } from '../client/usage-error.ts'
import { manifestErrorText } from '../hosts/embedded/manifests/manifest-error.ts'
import type { ObjectReadiness } from '../relay/model/config.ts'
import { FLEET } from '../relay/model/fleet.ts'
import { type KubernetesObject, namespacedName } from '../relay/model/kubernetes.ts'
import { NO_NAMESPACE, nameOf } from '../relay/model/parse-objects.ts'
import { count, type ReadManifests, readManifests, requireWhole } from './manifests.ts'
import { parseManifestsPath } from './one-path.ts'
import { formatDocument, print, warnLine } from './output/print.ts'
import { formatTable } from './output/table.ts'
import { annotation } from './validate/annotation.ts'
import { findingsOf } from './validate/findings.ts'
import { isElsewhere, judge } from './validate/judge.ts'

interface ValidateFlags {
  readonly file: string
  readonly strict: boolean
  readonly fleet?: boolean
  readonly crossNamespaceRefs: boolean
  readonly output: 'table' | 'github' | 'json'
}

/** `flux-relay validate`: says what a relay would say of manifests, without one. */
export function validateCommand(): Command {
  return new Command('validate')
    .description('check a folder or file of manifests, without a relay; exits with 1 for a mistake')
    .requiredOption(
      '-f, --file <path>',
      'folder (or file) of Alerts, Providers and Secrets',
      parseManifestsPath,
    )
    .option(
      '--strict',
      'also fail for what is most likely a mistake: fields that do not exist, patterns that do not compile, kinds that no controller reports, wildcards other than *',
      false,
    )
    .option(
      '--no-cross-namespace-refs',
      'as a relay with that setting, no Alert takes events of other namespaces, or uses their Providers',
    )
    .option('--fleet', 'they are the Providers of the fleet (apply --fleet)')
    .addOption(
      new Option('-o, --output <format>', 'how to print; github: annotations of a pull request')
        .choices(['table', 'github', 'json'])
        .default('table'),
    )
    .action((flags: ValidateFlags) => validate(flags))
}

/** Names and UIDs apart, no check depends on the cluster. */
const ANY_CLUSTER = 'local'

async function validate(flags: ValidateFlags): Promise<void> {
  if (flags.output === 'table') await printTable(flags)
  else await printFindings(flags)
}

async function printTable(flags: ValidateFlags): Promise<void> {
  const { file, strict } = flags
  const { loaded } = await readManifests(file, ANY_CLUSTER)
  for (const note of loaded.notes) warnLine(manifestErrorText(note))
  requireWhole(file, loaded)
  const objects = await judgeBy(flags, loaded)
  const validity = validityIn(loaded)
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
  const { notes } = loaded
  if (strict && notes.length > 0) {
    throw new UsageError(`-f ${file}: ${count(notes, 'problem')}, by --strict`, 1)
  }
}

async function printFindings(flags: ValidateFlags): Promise<void> {
  const { file, strict, output } = flags
  const read = await readManifests(file, ANY_CLUSTER)
  const { manifests, problems } = read.loaded
  if (problems.length === 0 && manifests.length === 0) {
    throw new UsageError(`-f ${file}: there is no Alert or Provider in it`, 1)
  }
  // An object that is missing only because its file has a mistake is no second mistake.
  const objects = problems.length > 0 ? [] : await judgeBy(flags, read.loaded)
  const validity = validityIn(read.loaded)
  const wrong = objects.filter((object) => validity(object) === 'False').map(asInFile)
  const findings = await findingsOf({ ...read, path: file, wrong, strict })
  print(
    output === 'github'
      ? findings.map(annotation).join('')
      : await formatDocument(findings, 'json'),
  )
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) throw new UsageError(`-f ${file}: ${count(errors, 'problem')}`, 1)
}

function judgeBy({ fleet, crossNamespaceRefs }: ValidateFlags, loaded: ReadManifests['loaded']) {
  const options = { noCrossNamespaceRefs: !crossNamespaceRefs }
  return judge(loaded, fleet ? FLEET : ANY_CLUSTER, options)
}

/**
 * Tells whether an object is valid. A Secret, or a Provider of another namespace, that is not among the files
 * may well be where the relay looks; and what is wrong with an Alert's Provider is not wrong with the Alert.
 */
function validityIn({ manifests }: ReadManifests['loaded']) {
  const named = new Map(manifests.map((manifest) => [keyOf(manifest), manifest]))
  return (object: ObjectReadiness): 'True' | 'False' | 'Unknown' => {
    const { ready, reason, kind } = object
    if (ready) return 'True'
    if (reason === 'SecretNotFound' || reason === 'ProviderNotReady') return 'Unknown'
    const manifest = named.get(`${kind}/${namespacedName(object)}`)
    return manifest && isElsewhere(object, manifest) ? 'Unknown' : 'False'
  }
}

/** With the name by which its file is known, where an object of the fleet has no namespace. */
function asInFile(object: ObjectReadiness): ObjectReadiness {
  return object.namespace === FLEET ? { ...object, namespace: NO_NAMESPACE } : object
}

function keyOf(manifest: KubernetesObject): string {
  return `${String(manifest.kind)}/${namespacedName(nameOf(manifest))}`
}
