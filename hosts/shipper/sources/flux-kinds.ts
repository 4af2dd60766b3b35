/**
 * Kinds of Flux that are watched unless a deployment says otherwise. Not every cluster has the
 * controllers of all of them, and none of these names is a mistake in writing.
 */
export const FLUX_KINDS: ReadonlySet<string> = new Set([
  'Kustomization',
  'HelmRelease',
  'GitRepository',
  'OCIRepository',
  'Bucket',
  'HelmRepository',
  'HelmChart',
  'ExternalArtifact',
  'ArtifactGenerator',
  'ImageRepository',
  'ImagePolicy',
  'ImageUpdateAutomation',
])
