import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unpackDebianPackage } from '../support/debian-package.ts'
import { succeeds } from './commands.ts'

/** Where Debian's program looks for its templates, which are in the package too. */
const TEMPLATES = '/usr/share/prometheus/alertmanager'

/** The folder that the program runs in, in as many bytes. */
const WORKING_FOLDER = '/proc/self/cwd'.padEnd(TEMPLATES.length, '/.')

/**
 * Unpacks Alertmanager into the folder, and returns the path of the program; empty when there is
 * none. Version 0.25 in Debian 12 takes classic names of labels only. Nothing is installed, so the
 * program is told to look where it runs.
 */
export function fetchAlertmanager(folder: string): string {
  unpackDebianPackage('prometheus-alertmanager', folder)
  const packaged = join(folder, 'usr/bin/prometheus-alertmanager')
  if (!existsSync(packaged)) return ''
  const program = join(folder, TEMPLATES, 'alertmanager')
  const bytes = readFileSync(packaged, 'latin1').replaceAll(TEMPLATES, WORKING_FOLDER)
  writeFileSync(program, bytes, { encoding: 'latin1', mode: 0o755 })
  return succeeds(program, ['--version']) ? program : ''
}
