import { fileURLToPath } from 'node:url'

// This file is as far from the examples in the sources as in the package, where it is part of a bundle in lib/.

/** The manifests folder of the quick start. */
export const QUICK_START = fileURLToPath(new URL('../examples/quickstart', import.meta.url))

/** The event of the quick start. */
export const EXAMPLE_EVENT = fileURLToPath(
  new URL('../examples/events/kustomization-health-check-failed.json', import.meta.url),
)
