import type { ManifestError } from '../../hosts/embedded/manifests/manifest-error.ts'
import type { ObjectReadiness } from '../../relay/model/config.ts'
import { namingFiles, type ReadManifests } from '../manifests.ts'

/** One thing that a person should know of a manifest. Its file is named from the working directory. */
export interface Finding extends Omit<ManifestError, 'inForce'> {
  /** `error` fails the command. */
  readonly severity: 'error' | 'warning' | 'notice'
}

interface Judged extends ReadManifests {
  /** The folder or file that was read. */
  readonly path: string
  /** The objects that cannot take effect. */
  readonly wrong: readonly ObjectReadiness[]
  /** Whether what is most likely a mistake is one. */
  readonly strict: boolean
}

/** All that is to be said of manifests, mistakes first. */
export async function findingsOf(judged: Judged): Promise<readonly Finding[]> {
  const { path, loaded, places, wrong, strict } = judged
  const named = await namingFiles(path)
  const as =
    (severity: Finding['severity']) =>
    ({ file, ...rest }: ManifestError): Finding => ({
      file: named(file),
      ...rest,
      severity,
    })
  const invalid = wrong.map(({ kind, namespace, name, message }) => {
    const object = `${kind}/${namespace}/${name}`
    return { ...(places.get(object) ?? { file: '.' }), object, message }
  })
  return [
    ...[...loaded.problems, ...invalid].map(as('error')),
    ...loaded.notes.map(as(strict ? 'error' : 'warning')),
    ...loaded.notTaken.map(as('notice')),
  ]
}
