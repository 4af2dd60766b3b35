import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import {
  createManifestsFolder,
  type ManifestsFolderOptions,
} from '../../hosts/embedded/manifests/folder.ts'
import { type LoadedManifests, ManifestLoader } from '../../hosts/embedded/manifests/loader.ts'
import {
  type ManifestError,
  manifestErrorText,
} from '../../hosts/embedded/manifests/manifest-error.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Opens a folder that is closed after the running test. */
export function openManifests(
  path: string,
  onChange?: ManifestsFolderOptions<LoadedManifests>['onChange'],
) {
  const folder = createManifestsFolder({
    path,
    loader: new ManifestLoader('local'),
    ...(onChange ? { onChange } : {}),
  })
  onTestFinished(() => folder.close())
  return folder
}

/** Writes files, by their path below the folder. */
export function writeFiles(path: string, files: Readonly<Record<string, string | Uint8Array>>) {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true })
    writeFileSync(join(path, file), content)
  }
}

/** Loads files as a new folder, once. */
export async function loadFiles(files: Readonly<Record<string, string | Uint8Array>>) {
  const path = temporaryDirectory()
  writeFiles(path, files)
  return openManifests(path).load()
}

export function problemTexts({ problems }: { readonly problems: readonly ManifestError[] }) {
  return problems.map(manifestErrorText)
}

/** The `Kind/name` of each loaded Alert and Provider. */
export function namesOf({ manifests }: { readonly manifests: readonly unknown[] }) {
  return manifests.map((manifest) => {
    const { kind, metadata } = manifest as { kind: string; metadata: { name: string } }
    return `${kind}/${metadata.name}`
  })
}

/** An Alert that is valid unless `severity` makes it not so. */
export function alertYaml(name: string, severity = 'info'): string {
  return `apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Alert
metadata:
  name: ${name}
  namespace: flux-system
spec:
  providerRef:
    name: slack
  eventSeverity: ${severity}
  eventSources:
    - kind: Kustomization
      name: '*'
`
}

export function secretYaml(name: string, body: string): string {
  return `apiVersion: v1
kind: Secret
metadata:
  name: ${name}
  namespace: flux-system
${body}
`
}
