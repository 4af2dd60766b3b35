import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SLOW_FILES } from './support/slow-files.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** What each part may import: parts of the project, and packages. Composition roots: anything. */
const BORDERS: Readonly<Record<string, { parts: readonly RegExp[]; packages: readonly RegExp[] }>> =
  {
    relay: {
      parts: [/^relay\//],
      packages: [
        /^zod$/,
        /^yaml$/,
        /^re2js$/,
        /^jose$/,
        /^@opentelemetry\/otlp-transformer$/,
        /^node:(crypto|zlib)$/,
      ],
    },
    adapters: {
      // Tokens are no part of the model; their type is where they are compared.
      parts: [
        /^adapters\//,
        /^relay\/(listeners|ports)\.ts$/,
        /^relay\/model\//,
        /^relay\/intake\/credentials\.ts$/,
      ],
      packages: [
        /^undici/,
        /^@nats-io\/(nats-core|nkeys)/,
        /^node:/,
        /^@aws-sdk\/client-(dynamodb|sqs|secrets-manager|sts)$/,
      ],
    },
    console: {
      parts: [/^console\//, /^relay\/(api|model|intake)\//],
      packages: [],
    },
    shipper: {
      // Of the embedded host what any HTTP server and log of the project has.
      parts: [
        /^shipper\//,
        /^adapters\/(http|sqlite)\//,
        /^adapters\/system-clock\.ts$/,
        /^relay\/(api|intake|model)\//,
        /^relay\/(errors|ports|retry)\.ts$/,
        /^embedded\/(http-edge|http-server|log|routes\/probes|start-error)\.ts$/,
        /^package\.json$/,
      ],
      packages: [/^prom-client$/, /^zod$/, /^node:/],
    },
    lib: {
      // A setting that both hosts have is read by one rule.
      parts: [/^lib\//, /^adapters\/aws\/tables\.ts$/, /^relay\/model\/rate-limit-interval\.ts$/],
      packages: [/^aws-cdk-lib(\/|$)/, /^constructs$/, /^cdk-nag$/, /^esbuild$/, /^zod$/, /^node:/],
    },
    cli: {
      parts: [
        /^cli\//,
        /^console\//,
        /^embedded\//,
        /^functions\/shared\//,
        /^relay\//,
        /^shipper\//,
        /^adapters\//,
        /^package\.json$/,
      ],
      packages: [/./],
    },
  }

/** What the core must not touch beside imports: the host's clock, environment and process. */
const HOST_GLOBALS = /\b(process\.|Date\.now\(|new Date\(\)|setTimeout\(|Math\.random\(|console\.)/

const IMPORT = /(?:\bfrom\s+|\bimport\s*\(\s*|^import\s+)'([^']+)'/gm

function sources(folder: string): readonly string[] {
  return globSync(`${folder}/**/*.ts`, { cwd: ROOT }).sort()
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  return [...text.matchAll(IMPORT)].map(([, name = '']) => name)
}

function crossings(file: string): readonly string[] {
  const { parts, packages } = BORDERS[file.split('/')[0] ?? ''] ?? { parts: [], packages: [] }
  return importsOf(file).flatMap((name) => {
    const target = name.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), name)) : name
    const allowed = name.startsWith('.') ? parts : packages
    return allowed.some((pattern) => pattern.test(target)) ? [] : [`${file} imports ${target}`]
  })
}

describe('borders', () => {
  it.each(Object.keys(BORDERS).filter((part) => existsSync(join(ROOT, part))))(
    '%s imports only what it may',
    (part) => {
      expect(sources(part).length).toBeGreaterThan(0)
      expect(sources(part).flatMap(crossings)).toEqual([])
    },
  )

  it('the core and the console know no clock, environment or process but ports', () => {
    const touching = [...sources('relay'), ...sources('console')].flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .filter((line) => HOST_GLOBALS.test(line) && !/^\s*(\/\/|\*)/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    )
    expect(touching).toEqual([])
  })

  it('sees a crossing when there is one', () => {
    expect(crossings('relay/../adapters/http/client.ts').length).toBeGreaterThan(0)
  })

  it('every relative import names an existing file with its ending', () => {
    const broken = [
      ...sources('relay'),
      ...sources('adapters'),
      ...sources('embedded'),
      ...sources('lib'),
      ...sources('console'),
      ...sources('functions'),
      ...sources('shipper'),
    ].flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith('.'))
        .filter((name) => !existsSync(join(ROOT, dirname(file), name)))
        .map((name) => `${file} imports ${name}`),
    )
    expect(broken).toEqual([])
  })
})

it('the tests that run first are there', () => {
  expect(SLOW_FILES.filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
  expect(new Set(SLOW_FILES).size).toBe(SLOW_FILES.length)
})
