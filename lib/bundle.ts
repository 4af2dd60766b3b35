import { resolve } from 'node:path'
import { buildSync } from 'esbuild'
import type { FunctionName } from './function-names.ts'

const ROOT = resolve(import.meta.dirname, '..')

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
 * Writes the function as it runs on Lambda to `index.mjs` in the folder. Throws for what esbuild
 * cannot build.
 */
export function bundleFunction(name: FunctionName, folder: string): void {
  bundleModule(entryOf(name), resolve(folder, 'index.mjs'), { minify: true })
}

/**
 * Writes one ES module with all that the entry imports, the SDK too, and gives the files that it is
 * made of, from the project's folder. Throws for what esbuild cannot build.
 */
export function bundleModule(
  entry: string,
  outfile: string,
  { minify }: { readonly minify: boolean },
): readonly string[] {
  const { metafile } = buildSync({
    entryPoints: [entry],
    outfile,
    absWorkingDir: ROOT,
    bundle: true,
    minify,
    // Logs name errors by their class.
    keepNames: minify,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // Halves the time that the SDK takes to import; CommonJS is esbuild's default.
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE_BANNER },
    legalComments: 'none',
    logLevel: 'silent',
    metafile: true,
  })
  return Object.keys(metafile.inputs)
}
