import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { fetchAlertmanager } from './alertmanager-package.ts'
import { fetchGitea } from './gitea-program.ts'
import { fetchSynapse } from './synapse-environment.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The path of the program; empty when there is none. */
    readonly alertmanager: string
    /** The folder of the program and its files; empty when there is none. */
    readonly gitea: string
    /** The path of a Python that has Synapse; empty when there is none. */
    readonly synapsePython: string
  }
}

/** What takes minutes is made once; a new `npm ci` removes it. */
const CACHE_FOLDER = resolve(import.meta.dirname, '../../node_modules/.cache/servers')

/** Fetches the servers, and installs nothing on the machine. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-servers-'))
  // A server may run as another user.
  chmodSync(folder, 0o755)
  const alertmanager = fetchAlertmanager(folder)
  const synapsePython = fetchSynapse(CACHE_FOLDER)
  const gitea = fetchGitea(CACHE_FOLDER, join(folder, 'gitea'))
  if (alertmanager === '') say('there is no Debian package of Alertmanager to be had')
  if (gitea.kind === 'missing') say(`Gitea cannot be built from its Go module: ${gitea.reason}`)
  if (synapsePython === '') say('Synapse cannot be installed from PyPI')
  project.provide('alertmanager', alertmanager)
  project.provide('gitea', gitea.kind === 'ready' ? gitea.folder : '')
  project.provide('synapsePython', synapsePython)
  return () => rmSync(folder, { recursive: true, force: true })
}

function say(why: string): void {
  process.stdout.write(`test:servers: skipped in part, since ${why}\n`)
}
