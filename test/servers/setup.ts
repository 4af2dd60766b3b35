import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { unpackDebianPackage } from '../support/debian-package.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The path of the program; empty when there is none. */
    readonly alertmanager: string
    /** A Python that has Synapse; empty when there is none. */
    readonly synapsePython: string
  }
}

const SYNAPSE = 'matrix-synapse==1.163.0'

const INSTALL_WITHIN_MS = 300_000

/** Fetches the servers for this run, and installs nothing on the machine. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-servers-'))
  const alertmanager = fetchAlertmanager(folder)
  const synapsePython = fetchSynapse(folder)
  if (alertmanager === '') say('there is no Debian package of Alertmanager to be had')
  if (synapsePython === '') say(`${SYNAPSE} cannot be installed`)
  project.provide('alertmanager', alertmanager)
  project.provide('synapsePython', synapsePython)
  return () => rmSync(folder, { recursive: true, force: true })
}

function say(why: string): void {
  process.stdout.write(`test:servers: skipped in part, since ${why}\n`)
}

/** Where Debian's program looks for its templates, which are in the package too. */
const TEMPLATES = '/usr/share/prometheus/alertmanager'

/** The folder that the program runs in, in as many bytes. */
const WORKING_FOLDER = '/proc/self/cwd'.padEnd(TEMPLATES.length, '/.')

/**
 * Version 0.25 in Debian 12, which takes classic names of labels only. Nothing is installed, so the
 * program is told to look where it runs.
 */
function fetchAlertmanager(folder: string): string {
  unpackDebianPackage('prometheus-alertmanager', folder)
  const packaged = join(folder, 'usr/bin/prometheus-alertmanager')
  if (!existsSync(packaged)) return ''
  const program = join(folder, TEMPLATES, 'alertmanager')
  const bytes = readFileSync(packaged, 'latin1').replaceAll(TEMPLATES, WORKING_FOLDER)
  writeFileSync(program, bytes, { encoding: 'latin1', mode: 0o755 })
  return succeeds(program, ['--version']) ? program : ''
}

function fetchSynapse(folder: string): string {
  const environment = join(folder, 'synapse')
  const python = join(environment, 'bin/python')
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1']
  const isInstalled =
    succeeds('python3', ['-m', 'venv', environment]) && succeeds(python, [...pip, SYNAPSE])
  return isInstalled ? python : ''
}

function succeeds(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { timeout: INSTALL_WITHIN_MS }).status === 0
}
