import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { succeeds } from '../servers/commands.ts'
import { unpackDebianPackage } from '../support/debian-package.ts'

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
