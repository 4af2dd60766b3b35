import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { PROGRAMS } from '../../deploy/npm/programs.ts'
import { bundlePrograms } from '../../lib/bundle.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The command line in a few files, which start in half the time of its sources. */
    readonly bundledProgram: string
  }
}

const ROOT = resolve(import.meta.dirname, '../..')
const CACHE = resolve(ROOT, 'node_modules/.cache')
const FOLDER = join(CACHE, 'programs')
const ENTRY = 'flux-relay.mjs'
const DAY_MS = 24 * 60 * 60_000

/** Bundles the command line, for the tests that start it many times, and compiles it. */
export async function setup(project: TestProject): Promise<void> {
  const names = await bundle()
  linkAssets()
  compile(names)
  removeOld(names)
  project.provide('bundledProgram', join(FOLDER, ENTRY))
}

/** Gives the names of its files. What is imported when it is needed stays so, in a file of its own. */
async function bundle(): Promise<readonly string[]> {
  const { files } = await bundlePrograms(PROGRAMS)
  mkdirSync(FOLDER, { recursive: true })
  // Another run in this folder may use them: the entries come last, and each file at once.
  const entryLast = files.toSorted((a, b) => Number(isEntry(a.name)) - Number(isEntry(b.name)))
  for (const { name, contents } of entryLast) {
    const path = join(FOLDER, name)
    if (!isEntry(name) && existsSync(path)) continue
    const whole = `${path}.${process.pid}`
    writeFileSync(whole, contents)
    renameSync(whole, path)
  }
  return files.map(({ name }) => name)
}

/** What the console serves, which a program looks for beside its folder. */
function linkAssets(): void {
  for (const name of ['console/assets', 'node_modules/htmx.org']) {
    const link = join(CACHE, name)
    mkdirSync(dirname(link), { recursive: true })
    if (!existsSync(link)) symlinkSync(relative(dirname(link), resolve(ROOT, name)), link)
  }
}

function isEntry(file: string): boolean {
  return basename(file, '.mjs') in PROGRAMS
}

/** Most programs of tests are killed before they keep what they compiled. */
function compile(names: readonly string[]): void {
  const parts = names.filter((name) => !isEntry(name))
  const imports = parts.map((name) => `import ${JSON.stringify(join(FOLDER, name))}`)
  const entry = `process.argv = ['node', 'flux-relay', '--version']; import(${JSON.stringify(join(FOLDER, ENTRY))})`
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', [...imports, entry].join('\n')],
    { env: { ...process.env, NODE_COMPILE_CACHE: join(CACHE, 'compiled') }, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`the programs do not start: ${stderr}`)
}

/** Of earlier states of the sources. A run that has begun by then may still need younger ones. */
function removeOld(names: readonly string[]): void {
  for (const name of readdirSync(FOLDER)) {
    const file = join(FOLDER, name)
    const isOld = !names.includes(name) && Date.now() - statSync(file).mtimeMs > DAY_MS
    if (isOld) rmSync(file, { force: true })
  }
}
