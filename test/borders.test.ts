import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SLOW_FILES } from './support/slow-files.ts'

const ROOT = resolve(import.meta.dirname, '..')

interface Border {
  /** Parts of the project that the folder may import beside itself. */
  readonly parts: readonly RegExp[]
  readonly packages: readonly RegExp[]
}

const NODE = /^node:/
const AWS_CLIENTS = /^@aws-sdk\/client-(dynamodb|sqs|secrets-manager|sts|cloudformation)$/
const PACKAGE_JSON = /^package\.json$/

/** Every folder of the source, with what it may import. `BORDERS` of a deeper folder counts first. */
const BORDERS: Readonly<Record<string, Border>> = {
  'relay/model': {
    parts: [],
    packages: [/^(zod|yaml|re2js|fastest-levenshtein)$/, /^node:(crypto|zlib)$/],
  },
  'relay/ports': { parts: [/^relay\/model\//], packages: [] },
  'relay/cel': { parts: [/^relay\/model\//], packages: [/^re2js$/] },
  'relay/redact': { parts: [/^relay\/model\//], packages: [/^node:crypto$/] },
  'relay/providers': {
    parts: [/^relay\/(model|ports|redact)\//],
    packages: [/^(zod|yaml|jose)$/, /^@opentelemetry\/otlp-transformer$/, /^node:(crypto|zlib)$/],
  },
  'relay/pipeline': {
    parts: [/^relay\/(model|ports|redact|cel|providers)\//],
    packages: [/^(zod|re2js|croner)$/, /^node:crypto$/],
  },
  'relay/api': {
    parts: [/^relay\/(model|ports|pipeline)\//],
    packages: [/^zod$/, /^node:(crypto|zlib)$/],
  },
  adapters: {
    // Tokens are no part of the model; their type is where they are compared.
    parts: [/^relay\/(ports|model)\//, /^relay\/api\/credentials\.ts$/],
    packages: [/^undici/, /^@nats-io\/(nats-core|nkeys)/, /^nodemailer\//, NODE, AWS_CLIENTS],
  },
  console: { parts: [/^relay\/(api|model|ports)\//], packages: [] },
  client: {
    parts: [/^relay\/(api|model|ports)\//],
    packages: [/^zod$/, /^node:(http|stream\/consumers|fs\/promises|zlib)$/],
  },
  'hosts/kit': {
    parts: [/^console\//, /^relay\/(api|model|ports)\//, /^relay\/pipeline\/decision-entry\.ts$/],
    packages: [/^pino(-pretty)?$/, NODE],
  },
  'hosts/shipper': {
    parts: [
      /^hosts\/kit\//,
      /^client\//,
      /^adapters\/(http|sqlite)\//,
      /^relay\/(api|model|ports)\//,
      PACKAGE_JSON,
    ],
    packages: [/^(prom-client|zod)$/, NODE],
  },
  'hosts/embedded': {
    parts: [
      /^hosts\/kit\//,
      /^adapters\/(http|nats|smtp|sqlite)\//,
      /^console\//,
      /^relay\//,
      PACKAGE_JSON,
    ],
    packages: [/^(prom-client|yaml|zod)$/, NODE],
  },
  functions: {
    parts: [
      /^hosts\/kit\//,
      /^adapters\/(aws|http|nats|smtp)\//,
      /^console\//,
      /^relay\//,
      PACKAGE_JSON,
    ],
    packages: [/^@aws-lambda-powertools\//, /^aws-lambda$/, /^zod$/, AWS_CLIENTS, NODE],
  },
  lib: {
    // A setting that both hosts have is read by one rule; a metric has one name.
    parts: [
      /^adapters\/aws\/tables\.ts$/,
      /^functions\/shared\/metric-names\.ts$/,
      /^relay\/model\/(aws-destination|rate-limit-interval)\.ts$/,
      PACKAGE_JSON,
    ],
    packages: [/^aws-cdk-lib(\/|$)/, /^constructs$/, /^cdk-nag$/, /^esbuild$/, /^zod$/, NODE],
  },
  cli: {
    parts: [/^(client|console|hosts|functions\/shared|relay|adapters)\//, PACKAGE_JSON],
    packages: [/./],
  },
}

/** Inside a folder, from low to high: each part may import itself and those before it. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'relay/providers': ['messages', 'answers', 'auth', 'forges'],
  'hosts/shipper': ['kubernetes', 'spool', 'sources', 'send', 'config', 'labels', 'secrets'],
}

/** Composition: they start what the folders have, and may import anything. */
const UNBOUND = ['bench', 'bin', 'deploy', 'docs', 'examples', 'findings', 'release', 'test']

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

function targetOf(file: string, name: string): string {
  return relative(ROOT, join(ROOT, dirname(file), name))
}

function crossings(folder: string, file: string): readonly string[] {
  const { parts, packages } = BORDERS[folder] ?? { parts: [], packages: [] }
  return importsOf(file).flatMap((name) => {
    const isOwn = name.startsWith('.')
    const target = isOwn ? targetOf(file, name) : name
    if (isOwn && target.startsWith(`${folder}/`)) return []
    const isAllowed = (isOwn ? parts : packages).some((pattern) => pattern.test(target))
    return isAllowed ? [] : [`${file} imports ${target}`]
  })
}

/** Imports of a part by one that stands below it. */
function arrowsUpward(folder: string): readonly string[] {
  const layers = LAYERS[folder] ?? []
  const layerOf = (file: string) =>
    layers.indexOf(file.slice(folder.length + 1).split('/')[0] ?? '')
  return sources(folder).flatMap((file) =>
    importsOf(file)
      .filter((name) => name.startsWith('.'))
      .map((name) => targetOf(file, name))
      .filter((target) => target.startsWith(`${folder}/`))
      .filter((target) => layerOf(file) >= 0 && layerOf(target) > layerOf(file))
      .map((target) => `${file} imports ${target}`),
  )
}

describe('borders', () => {
  it.each(Object.keys(BORDERS))('%s imports only what it may', (folder) => {
    expect(sources(folder).length).toBeGreaterThan(0)
    expect(sources(folder).flatMap((file) => crossings(folder, file))).toEqual([])
  })

  it.each(Object.keys(LAYERS))('no arrow points upward inside %s', (folder) => {
    expect(arrowsUpward(folder)).toEqual([])
  })

  it('every folder with code has a border', () => {
    const bound = (file: string) =>
      Object.keys(BORDERS).some((folder) => file.startsWith(`${folder}/`)) ||
      UNBOUND.some((folder) => file.startsWith(`${folder}/`))
    const all = globSync('*/**/*.ts', { cwd: ROOT, exclude: ['node_modules', 'cdk.out'] })
    expect(all.filter((file) => !bound(file))).toEqual([])
    expect(all.length).toBeGreaterThan(500)
  })

  it('the core and the console know no clock, environment or process but ports', () => {
    const touching = [...sources('relay'), ...sources('console')].flatMap((file) =>
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .filter((line) => HOST_GLOBALS.test(line) && !/^\s*(\/\/|\/?\*)/.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    )
    expect(touching).toEqual([])
  })

  it('sees a crossing when there is one', () => {
    expect(crossings('relay/model', 'adapters/http/client.ts').length).toBeGreaterThan(0)
  })

  it('every relative import names an existing file with its ending', () => {
    const roots = new Set(Object.keys(BORDERS).map((folder) => folder.split('/')[0] ?? ''))
    const broken = [...roots].flatMap(sources).flatMap((file) =>
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
