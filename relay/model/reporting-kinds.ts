/** The kinds of Flux whose controllers report events, which the shipper watches by default. */
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

/**
 * All kinds whose controllers report events: those of Flux
 * (https://fluxcd.io/flux/components/notification/alerts/#event-sources), of Flux Operator
 * (https://fluxoperator.dev/docs/), Flagger's Canary and tofu-controller's Terraform, which all post
 * the events of Flux.
 */
export const REPORTING_KINDS: ReadonlySet<string> = new Set([
  ...FLUX_KINDS,
  'FluxInstance',
  'ResourceSet',
  'ResourceSetInputProvider',
  'Canary',
  'Terraform',
])
