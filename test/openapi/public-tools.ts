import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { projectPath } from '../../docs/generate/project.ts'

/** Pinned, and in no package of the project: they are large, and only this needs them. */
const PACKAGES = ['@redocly/cli@2.77.0', '@hey-api/openapi-ts@0.99.0', 'typescript@5.9.3']

/** A folder with the tools and the document in it. */
export interface PublicTools {
  /** What the linter says; throws when the document is not valid. */
  lint(): string
  /** Generates a client, compiles it, and imports it. */
  client(): Promise<unknown>
  remove(): void
}

/** Installs the tools from the npm registry; the reason why not, when that cannot be. */
export function installTools(): PublicTools | { readonly missing: string } {
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-openapi-'))
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const tool = (name: string, ...args: readonly string[]) =>
    run(process.execPath, join(folder, 'node_modules', name), ...args)
  const remove = () => rmSync(folder, { recursive: true, force: true })
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}')
  try {
    run('npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', ...PACKAGES)
  } catch {
    remove()
    return { missing: '(skipped: the npm registry cannot be reached)' }
  }
  copyFileSync(projectPath('openapi.json'), join(folder, 'openapi.json'))
  return {
    // A relay is everywhere on another host: the document can name localhost only.
    lint: () =>
      tool('@redocly/cli/bin/cli.js', 'lint', '--skip-rule=no-server-example.com', 'openapi.json'),
    async client() {
      tool('@hey-api/openapi-ts/bin/run.js', '-i', 'openapi.json', '-o', 'client')
      writeFileSync(
        join(folder, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: {
            ...{ strict: true, noEmit: true, skipLibCheck: true, target: 'es2022' },
            ...{
              module: 'esnext',
              moduleResolution: 'bundler',
              lib: ['es2022', 'dom', 'dom.iterable'],
            },
          },
          include: ['client'],
        }),
      )
      tool('typescript/bin/tsc', '-p', '.')
      const outfile = join(folder, 'client.mjs')
      await build({
        entryPoints: [join(folder, 'client/index.ts')],
        ...{ outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' },
      })
      return import(pathToFileURL(outfile).href)
    },
    remove,
  }
}
