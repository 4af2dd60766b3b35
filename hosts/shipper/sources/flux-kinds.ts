/**
 * The kinds of Flux that are watched by default. Many clusters lack the controllers of some of
 * them, so a missing one of these is not reported as a typing error.
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
