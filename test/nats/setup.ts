import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { unpackDebianPackage } from '../support/debian-package.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The path of the program; empty when there is none. */
    readonly natsServer: string
  }
}

/** Where Debian's package has the program. */
const PROGRAM = 'usr/sbin/nats-server'

/** Takes the machine's own nats-server, else that of Debian's package, unpacked and not installed. */
export function setup(project: TestProject): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'flux-relay-nats-'))
  const program = ['nats-server', unpackPackage(directory)].find(runs) ?? ''
  if (program === '') {
    process.stdout.write(
      'Skipped: there is no nats-server here, and its Debian package cannot be had.\n',
    )
  }
  project.provide('natsServer', program)
  return () => rmSync(directory, { recursive: true, force: true })
}

function runs(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0
}

function unpackPackage(directory: string): string {
  if (runs('nats-server')) return ''
  unpackDebianPackage('nats-server', directory)
  return join(directory, PROGRAM)
}
