import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')

const page = read('docs/security.md')
const table = /## What is bounded by which number\n(.*?)\n## /s.exec(page)?.[1] ?? ''
const rows = table.split('\n').filter((line) => /^\| (?!\*\*|what )/.test(line))

/** What a row says, and the line of code that makes it true. */
const NUMBERS = [
  ['body of a request with events', '3 MiB', 'relay/api/body.ts', 'MAX_EVENTS_BYTES = 3 * MIB'],
  ['body of a configuration', '6 MiB', 'relay/api/body.ts', 'MAX_CONFIG_BYTES = 6 * MIB'],
  ['body of a Secret', '64 KiB', 'relay/api/put-secret.ts', 'MAX_SECRET_BYTES = 64 * 1024'],
  ['Secrets of a cluster on AWS', '4 MiB', 'adapters/aws/secret-set.ts', 'MAX_PARTS = 64'],
  ["a writer's turn", '90 s', 'adapters/aws/secrets-lock.ts', 'LOCK_MS = 90_000'],
  ["a writer's turn", 'first 30', 'adapters/aws/secrets-lock.ts', 'BEGIN_WITHIN_MS = 30_000'],
  ['Providers of the fleet', '500', 'relay/api/put-config.ts', 'MAX_FLEET_PROVIDERS = 500'],
  ['names in one list', '100', 'relay/pipeline/rules/namespaces.ts', 'MAX_NAMES = 100'],
  [
    'namespaces in the lists',
    '100,000',
    'relay/pipeline/rules/namespace-budget.ts',
    'MAX_LISTED_SOURCES = 100_000',
  ],
  ['depth of JSON', '100', 'relay/api/json.ts', 'MAX_NESTING = 100'],
  ['headers of a request', '16 KiB', 'hosts/kit/http-server.ts', 'maxHeaderBytes: 16 * 1024'],
  ['headers of a request', '10 s', 'hosts/kit/http-server.ts', 'headersTimeoutMs: 10_000'],
  ['a whole request', '30 s', 'hosts/kit/http-server.ts', 'requestTimeoutMs: 30_000'],
  ['a whole request', '65 s', 'hosts/kit/http-server.ts', 'keepAliveTimeoutMs: 65_000'],
  ['message of an event', '39,000', 'relay/model/event.ts', 'MAX_MESSAGE_LENGTH = 39_000'],
  ['a rule,', '8,192', 'relay/pipeline/rules/rules.ts', 'MAX_RULE_LENGTH = 8_192'],
  ['a rule,', '50;', 'relay/cel/template.ts', 'MAX_EXPRESSIONS = 50'],
  [
    'silences of a cluster',
    '200 in force',
    'relay/pipeline/silences/stored-silences.ts',
    'MAX_ACTIVE_SILENCES = 200',
  ],
  [
    'silences of a cluster',
    '300 kB',
    'relay/pipeline/silences/stored-silences.ts',
    'MAX_BYTES = 300_000',
  ],
  [
    'silences of a cluster',
    '200 objects',
    'relay/pipeline/silences/silence-objects.ts',
    'MAX_SILENCES = 200',
  ],
  [
    'silences of a cluster',
    '500,000',
    'relay/pipeline/silences/silenced.ts',
    'MAX_COST = 5 * MAX_CONDITION_COST',
  ],
  ['a CEL expression', 'rule or a silence 100,000', 'relay/cel/condition.ts', 'COST = 100_000'],
  ['a CEL expression', '1,000,000', 'relay/cel/cost.ts', 'MAX_COST = 1_000_000'],
  ['a CEL expression', '100,000', 'relay/cel/lexer.ts', 'MAX_LENGTH = 100_000'],
  ['a CEL expression', '250', 'relay/cel/syntax-tree.ts', 'MAX_DEPTH = 250'],
  [
    'a file of manifests',
    '100 aliases',
    'hosts/embedded/manifests/structure.ts',
    'MAX_ALIASES = 100',
  ],
  [
    'a file of manifests',
    '200,000',
    'hosts/embedded/manifests/structure.ts',
    'MAX_NODES = 200_000',
  ],
  ['the manifests folder', '10,000', 'hosts/embedded/manifests/scan.ts', 'MAX_ENTRIES = 10_000'],
  [
    'the manifests folder',
    '16 levels',
    'hosts/embedded/manifests/scan.ts',
    'MAX_FOLDER_DEPTH = 16',
  ],
  [
    'compiled configurations',
    '100,000',
    'relay/pipeline/routing-tables.ts',
    'MAX_OBJECTS = 100_000',
  ],
  ['compiled configurations', '6 kB', 'relay/pipeline/routing-tables.ts', 'OBJECT_BYTES = 6_000'],
  [
    'compiled configurations',
    'a third',
    'relay/pipeline/routing-tables.ts',
    'MEMORY_SHARE = 1 / 3',
  ],
  ['compiled configurations', '20', 'relay/pipeline/routing-tables.ts', 'LEAST_OBJECTS = 20'],
  [
    'compiled silences',
    '20,000',
    'relay/pipeline/silences/active-silences.ts',
    'MAX_KEPT = 20_000',
  ],
  ['compiled silences', '4 at', 'relay/pipeline/silences/active-silences.ts', 'LEAST_KEPT = 4'],
  [
    'configurations of a cluster that others replaced',
    '2,000',
    'adapters/sqlite/config-history.ts',
    'revisions: 2_000',
  ],
  ['deliveries that a list', '4,000', 'adapters/sqlite/ledger-search.ts', 'LOOKED_AT = 4_000'],
  ['one try', '15 s', 'relay/model/provider.ts', 'DEFAULT_TIMEOUT_MS = 15_000'],
  ['tries at one host', '10', 'relay/pipeline/destinations/lines.ts', 'PLACES_PER_HOST = 10'],
  ['answer of a destination', '20 kB', 'relay/ports/http.ts', 'MAX_RESPONSE_BYTES = 20_480'],
  ['answer of a destination', '2,048', 'relay/pipeline/sent.ts', 'MAX_EXCERPT_LENGTH = 2_048'],
  ['redirects of a forge', '3', 'relay/pipeline/redirects.ts', 'MAX_REDIRECTS = 3'],
  ['retries', '24 h', 'relay/model/retry.ts', 'RETRY_FOR_MS = 24 * 3_600_000'],
  ['retries', '1 h', 'relay/model/retry.ts', 'MAX_RETRY_AFTER_MS = 3_600_000'],
  [
    'destinations that are parked',
    '5 s',
    'relay/pipeline/destinations/destination-health.ts',
    'FIRST_PARK_MS = 5_000',
  ],
  ['ledger, quarantine', '30 days', 'relay/model/retention.ts', '30 * 24 * 3_600_000'],
  ['ledger, quarantine', '64 MiB', 'adapters/sqlite/quarantine.ts', 'MAX_BYTES = 64 * 1024 * 1024'],
  [
    'bodies that are read',
    '24 MiB',
    'hosts/shipper/app.ts',
    'MAX_BYTES_AT_ONCE = 8 * MAX_EVENTS_BYTES',
  ],
  [
    'events that the relay refused',
    '1,000',
    'hosts/shipper/spool/refused-events.ts',
    'MAX_KEPT = 1_000',
  ],
  [
    'answers of the Kubernetes API',
    '65 s',
    'hosts/shipper/kubernetes/client.ts',
    'TIMEOUT_MS = 65_000',
  ],
] as const

describe('the table of bounds', () => {
  it('names files that there are', () => {
    const named = [
      ...page.matchAll(/`((?:relay|adapters|embedded|functions|shipper|test)\/[^`]*)`/g),
    ]
    const absent = named
      .map(([, file = '']) => file)
      .filter((file) => !existsSync(join(ROOT, file)))
    expect(named.length).toBeGreaterThan(rows.length)
    expect(absent).toEqual([])
  })

  it('says of each bound where it is and how it is tested', () => {
    expect(rows.length).toBeGreaterThan(25)
    expect(rows.filter((row) => row.split(' | ').length !== 4)).toEqual([])
  })

  it.each(NUMBERS)('has the number of the code: %s, %s', (what, number, file, code) => {
    expect(rows.find((row) => row.startsWith(`| ${what}`))).toContain(number)
    expect(read(file)).toContain(code)
  })
})
