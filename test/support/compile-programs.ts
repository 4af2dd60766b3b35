import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../..')

/** What the programs that tests start are made of; most of these are killed before they keep it. */
const MODULES = ['cli/main.ts', 'embedded/relay.ts', 'shipper/ship.ts', 'cli/relay/stack-relay.ts']

/** Compiles it once, before any test. */
export function setup(): void {
  const imports = MODULES.map((file) => `import ${JSON.stringify(resolve(ROOT, file))}`)
  const args = ['--input-type=module', '--eval', imports.join('\n')]
  const env = { ...process.env, NODE_COMPILE_CACHE: resolve(ROOT, 'node_modules/.cache/compiled') }
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the programs do not compile: ${stderr}`)
}
