import { basename, dirname, resolve } from 'node:path'
import { type BuildOptions, build, buildSync, type Plugin } from 'esbuild'
import type { FunctionName } from './function-names.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** What Lambda calls in a bundle: `handler` of index.mjs. */
export const HANDLER = 'index.handler'

/** Some packages are CommonJS, and call `require` for what is built into Node. */
const REQUIRE_BANNER =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);"

const MODULES = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // Halves the time that the SDK takes to import; CommonJS is esbuild's default.
  mainFields: ['module', 'main'],
  banner: { js: REQUIRE_BANNER },
  legalComments: 'none',
  logLevel: 'silent',
} as const satisfies BuildOptions

/** zod brings its messages in forty languages, half a megabyte, of which one is used. */
const ENGLISH_ONLY: Plugin = {
  name: 'english-only',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path }) => ({
      contents: 'export { default as en } from "./en.js"',
      resolveDir: dirname(path),
    }))
  },
}

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
    ...MODULES,
    entryPoints: [entry],
    outfile,
    minify,
    // Logs name errors by their class.
    keepNames: minify,
    metafile: true,
  })
  return Object.keys(metafile.inputs)
}

/** What `bundlePrograms` made, and has not written yet. */
export interface BundledPrograms {
  readonly files: readonly { readonly name: string; readonly contents: Uint8Array }[]
  /** The files that they are made of, from the project's folder. */
  readonly inputs: readonly string[]
}

/**
 * Makes the ES modules `NAME.mjs` of these entries, by their names, and files for what several of them
 * have and for what is imported when it is needed. Rejects for what esbuild cannot build.
 */
export async function bundlePrograms(
  entries: Readonly<Record<string, string>>,
): Promise<BundledPrograms> {
  const { outputFiles, metafile } = await build({
    ...MODULES,
    entryPoints: { ...entries },
    // Nothing is written to it; names are from it.
    outdir: ROOT,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    splitting: true,
    write: false,
    metafile: true,
    plugins: [ENGLISH_ONLY],
  })
  return {
    files: outputFiles.map(({ path, contents }) => ({ name: basename(path), contents })),
    inputs: Object.keys(metafile.inputs),
  }
}
