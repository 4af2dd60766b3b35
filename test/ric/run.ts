// Runs the bundles under Lambda's runtime client, which npm builds from source for this run.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseCLI, startVitest } from 'vitest/node'
import { CLIENT_VARIABLE } from './client-process.ts'

const CLIENT = 'aws-lambda-ric@4.0.2'

const MODULES = resolve(import.meta.dirname, '../../node_modules')

/** Where it is built once; a new `npm ci` removes it. */
const FOLDER = join(MODULES, '.cache/flux-relay', CLIENT)

const MODULE = join(FOLDER, 'node_modules/aws-lambda-ric/index.mjs')

const INSTALL_WITHIN_MS = 300_000

const TOOLS = ['cmake', 'g++', 'make', 'python3'] as const

/** Why there is none; undefined when it is installed. */
function install(): string | undefined {
  if (process.platform !== 'linux') return `it builds on Linux, and this is ${process.platform}`
  if (existsSync(join(MODULE, '../rapid-client.node'))) return undefined
  const missing = TOOLS.filter((tool) => spawnSync(tool, ['--version']).status !== 0)
  if (missing.length > 0) return `it is built from source, and needs ${missing.join(', ')}`
  mkdirSync(FOLDER, { recursive: true })
  const args = ['install', '--prefix', FOLDER, '--no-save', '--no-audit', '--no-fund', CLIENT]
  // Node's headers are in its package, so that nothing downloads them.
  const headers = join(MODULES, `node-linux-${process.arch}`)
  const { error, status, stderr } = spawnSync('npm', args, {
    encoding: 'utf8',
    timeout: INSTALL_WITHIN_MS,
    env: { ...process.env, ...(existsSync(headers) && { npm_config_nodedir: headers }) },
  })
  if (error) return error.message
  const lines = stderr.split('\n').filter((line) => /^npm (ERR|error)/i.test(line))
  return status === 0 ? undefined : `npm ended with ${status}: ${lines.slice(0, 2).join('; ')}`
}

const problem = install()
if (problem === undefined) {
  process.env[CLIENT_VARIABLE] = MODULE
  const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
  await startVitest('test', filter, { ...options, config: 'vitest.ric.config.ts' })
} else {
  process.stdout.write(`test:ric: skipped, since ${CLIENT} cannot be installed: ${problem}\n`)
}
