import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { succeeds } from '../servers/commands.ts'
import { unpackDebianPackage } from '../support/debian-package.ts'
import { go } from '../support/go.ts'

/** What is fetched or built once; a new `npm ci` removes it. */
export const CACHE_FOLDER = resolve(import.meta.dirname, '../../node_modules/.cache/deployed')

/**
 * The path of Prometheus' promtool: the machine's own, or Debian's, which is unpacked once into the
 * folder and not installed. Empty when there is none.
 */
export function fetchPromtool(folder: string): string {
  if (succeeds('promtool', ['--version'])) return 'promtool'
  const unpacked = join(folder, 'prometheus')
  const program = join(unpacked, 'usr/bin/promtool')
  if (!existsSync(program)) {
    mkdirSync(unpacked, { recursive: true })
    unpackDebianPackage('prometheus', unpacked)
  }
  return succeeds(program, ['--version']) ? program : ''
}

const HELM = 'helm.sh/helm/v3/cmd/helm@v3.20.2'

/** Helm: the machine's own, or the one that was built; empty when there is none yet. */
export function findHelm(folder = CACHE_FOLDER): string {
  const built = join(folder, 'helm')
  return ['helm', built].find((program) => succeeds(program, ['version'])) ?? ''
}

/** Builds Helm into the folder with the machine's Go, in some minutes. Throws when that fails. */
export function buildHelm(folder: string): string {
  mkdirSync(folder, { recursive: true })
  go(folder, ['install', '-trimpath', '-ldflags=-s -w', HELM], {
    variables: { GOBIN: folder, CGO_ENABLED: '0' },
  })
  return join(folder, 'helm')
}
