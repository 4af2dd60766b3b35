import { readFileSync } from 'node:fs'
import { writeFiles } from './manifest-files.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Manifests of one Provider of flux-system, with its Secret. */
export function providerYaml(
  name: string,
  spec: Readonly<Record<string, string>>,
  secret: Readonly<Record<string, string>> = {},
): string {
  const lines = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`)
  return [
    'apiVersion: v1\nkind: Secret\nmetadata:',
    `  name: ${name}\n  namespace: flux-system`,
    'stringData:',
    ...lines({ unused: 'x', ...secret }),
    '---\napiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Provider\nmetadata:',
    `  name: ${name}\n  namespace: flux-system`,
    'spec:',
    ...lines(spec),
    `  secretRef:\n    name: ${name}\n`,
  ].join('\n')
}

/** A new folder of manifests. */
export function manifestsFolder(files: Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory()
  writeFiles(folder, files)
  return folder
}

/** A file of `examples/`, with texts replaced that must be in it. */
export function example(file: string, replacements: Readonly<Record<string, string>> = {}): string {
  const text = readFileSync(new URL(`../../examples/${file}`, import.meta.url), 'utf8')
  return Object.entries(replacements).reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`${file} has no ${from}`)
    return changed.replaceAll(from, to)
  }, text)
}

/** An event of `examples/events`; `changes` replace top-level fields. */
export function exampleEvent(name: string, changes: Readonly<Record<string, unknown>> = {}) {
  return { ...(JSON.parse(example(`events/${name}.json`)) as object), ...changes }
}

/** An info event of a Kustomization about a commit of its source. */
export function kustomizationEvent(name: string, commit: string, message = `Applied ${commit}`) {
  return {
    involvedObject: {
      kind: 'Kustomization',
      namespace: 'flux-system',
      name,
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    },
    severity: 'info',
    timestamp: new Date().toISOString(),
    message,
    reason: 'ReconciliationSucceeded',
    metadata: { 'kustomize.toolkit.fluxcd.io/revision': `main@sha1:${commit}` },
    reportingController: 'kustomize-controller',
  }
}
