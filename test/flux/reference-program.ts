import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { go } from '../support/go.ts'

/** A program of Go that answers one JSON value a line with one JSON value a line. */
export interface ReferenceProgram {
  /** The answers in the order of the questions. Throws when the program fails. */
  ask(questions: readonly unknown[], ...args: readonly string[]): readonly unknown[]
}

/** That of the newest notification-controller, 1.10. Go fetches it where the machine's is another. */
export const GO_VARIABLES = {
  CGO_ENABLED: '0',
  GOTOOLCHAIN: 'go1.27.0',
  GOFLAGS: '-buildvcs=false',
}

/**
 * Builds the program in a folder beside this file, a Go module of its own. Undefined, and one line
 * that says why, where Go or a module that it needs is not to be had.
 */
export function referenceProgram(name: string): ReferenceProgram | undefined {
  const folder = mkdtempSync(join(tmpdir(), `flux-relay-${name}-`))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, name)
  try {
    const args = ['build', '-trimpath', '-o', path, '.']
    go(join(import.meta.dirname, name), args, { variables: GO_VARIABLES })
  } catch (error) {
    const reason = error instanceof Error ? error.message : error
    process.stdout.write(`test:flux: ${name} is skipped, since ${reason}\n`)
    return undefined
  }
  return { ask: (questions, ...args) => run(path, questions, args) }
}

function run(path: string, questions: readonly unknown[], args: readonly string[]) {
  const { error, status, stdout, stderr } = spawnSync(path, args, {
    cwd: resolve(import.meta.dirname),
    input: questions.map((question) => `${JSON.stringify(question)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  })
  if (error) throw error
  if (status !== 0) throw new Error(`${path} ended with ${status}: ${stderr.slice(-2_000)}`)
  return jsonLines(stdout)
}

/** The values of a text with one JSON value a line. */
export function jsonLines(text: string): readonly unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}
