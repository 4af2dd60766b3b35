import type { TestProject } from 'vitest/node'
import { buildHelm, CACHE_FOLDER, fetchPromtool, findHelm } from './programs.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The path of the program; empty when there is none. */
    readonly promtool: string
    /** The path of the program; empty when there is none. */
    readonly helm: string
  }
}

/** Fetches or builds the programs, and installs nothing on the machine. */
export function setup(project: TestProject): void {
  const promtool = fetchPromtool(CACHE_FOLDER)
  if (promtool === '') say('there is no promtool, and no Debian package of Prometheus to be had')
  project.provide('promtool', promtool)
  project.provide('helm', findHelm() || buildOrSay())
}

function buildOrSay(): string {
  try {
    return buildHelm(CACHE_FOLDER)
  } catch (error) {
    say(
      `there is no helm, and it cannot be built: ${error instanceof Error ? error.message : error}`,
    )
    return ''
  }
}

function say(why: string): void {
  process.stdout.write(`test:deploy: ${why}; what needs it is skipped\n`)
}
