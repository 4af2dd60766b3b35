import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { fetchPromtool } from './programs.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The path of the program; empty when there is none. */
    readonly promtool: string
  }
}

/** What is fetched once; a new `npm ci` removes it. */
const CACHE_FOLDER = resolve(import.meta.dirname, '../../node_modules/.cache/deployed')

/** Fetches the programs, and installs nothing on the machine. */
export function setup(project: TestProject): void {
  const promtool = fetchPromtool(CACHE_FOLDER)
  if (promtool === '') say('there is no promtool, and no Debian package of Prometheus to be had')
  project.provide('promtool', promtool)
}

function say(why: string): void {
  process.stdout.write(`test:deploy: ${why}; what needs it is skipped\n`)
}
