import type { KubernetesObject } from '../../../relay/model/kubernetes.ts'
import type { LoadedManifests } from './loader.ts'

/** A manifest with a time of creation, by which its age is told. One that is written in it stays. */
export function withCreationTime(manifest: KubernetesObject, time: string): KubernetesObject {
  const metadata: Readonly<Record<string, unknown>> = Object(manifest.metadata)
  if (typeof metadata.creationTimestamp === 'string') return manifest
  return { ...manifest, metadata: { ...metadata, creationTimestamp: time } }
}

/**
 * The manifests of a load, each with a time of creation: a cluster gives every object one, and of a file is known
 * when it was changed last.
 */
export function withCreationTimes({
  manifests,
  modifiedAt,
}: Pick<LoadedManifests, 'manifests' | 'modifiedAt'>): readonly KubernetesObject[] {
  return manifests.map((manifest, index) => {
    const time = modifiedAt[index]
    return time === undefined ? manifest : withCreationTime(manifest, secondsOf(time))
  })
}

/** As Kubernetes writes times. */
function secondsOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
