import { resolve } from 'node:path'
import { buildSync } from 'esbuild'

const ROOT = resolve(import.meta.dirname, '..')

/** The functions of the relay: folders of `functions/`, each with a handler.ts. */
export type FunctionName = 'ingest' | 'dispatch' | 'reconcile-config' | 'deliveries-widget'

/** What Lambda calls in a bundle: `handler` of index.mjs. */
export const HANDLER = 'index.handler'

/** Some packages are CommonJS, and call `require` for what is built into Node. */
const REQUIRE_BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);"

/** The file with a function's `handler`. */
export function entryOf(name: FunctionName): string {
  return resolve(ROOT, 'functions', name, 'handler.ts')
}

/**
 * Writes the function as it runs on Lambda to `index.mjs` in the folder: one ES module with all
 * that it imports, the SDK too. Throws for what esbuild cannot build.
 */
export function bundleFunction(name: FunctionName, folder: string): void {
  buildSync({
    entryPoints: [entryOf(name)],
    outfile: resolve(folder, 'index.mjs'),
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    // Logs name errors by their class.
    keepNames: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Halves the time that the SDK takes to import; CommonJS is esbuild's default.
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE_BANNER },
    legalComments: 'none',
    logLevel: 'silent',
  })
}
