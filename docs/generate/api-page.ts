import packageJson from '../../package.json' with { type: 'json' }
import { openApiDocument } from '../../relay/api/openapi.ts'
import type { Access } from '../../relay/api/operation.ts'
import { OPERATIONS } from '../../relay/api/operations.ts'
import { PROBLEM_KINDS } from '../../relay/api/problem-codes.ts'

export const OPENAPI_FILE = 'openapi.json'
export const API_PAGE_FILE = 'docs/api.md'

/** The text of `openapi.json`. */
export function openApiText(): string {
  return `${JSON.stringify(openApiDocument(packageJson.version), null, 2)}\n`
}

const WHO: Readonly<Record<Access, string>> = {
  cluster: 'a cluster, by its token',
  'signing-cluster': 'a cluster, by its token or a signature',
  'any-cluster': 'a cluster, by its token or Basic',
  viewer: 'an operator or viewer, by a token',
  operator: 'an operator, by a token',
  'cluster-or-viewer': 'a cluster, an operator or a viewer, by a token',
}

/** The page of all operations and problem codes. */
export function apiPage(): string {
  const operations = Object.entries(OPERATIONS).map(
    ([name, { method, path, access, summary, success }]) =>
      `| \`${method} ${path}\` | ${name} | ${WHO[access]} | ${success.status} | ${summary} |`,
  )
  const problems = Object.entries(PROBLEM_KINDS).map(
    ([code, { status, meaning }]) => `| \`${code}\` | ${status} | ${meaning} |`,
  )
  return `${[
    '# The HTTP API',
    '',
    '<!-- Written by `npm run docs` from relay/api: change it there. -->',
    '',
    'All of it, with the schema of each body, is in [openapi.json](../openapi.json) (OpenAPI 3.1), from which clients can be made.',
    '[http.md](http.md) tells how to use it. The relay on one machine has every operation; on AWS API Gateway has `postEvents`,',
    '`putConfig` and `showConfig`, for clusters, and for operators the command line and the widget read the tables with their own rights.',
    '',
    '## Operations',
    '',
    '| request | name | who may | success | what it does |',
    '|---|---|---|---|---|',
    ...operations,
    '',
    '## Problems',
    '',
    'What is refused gets a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) whose `type` is one of these codes.',
    'The list is closed for a version of the relay; a later one may have more, so treat a code that you do not know by its status.',
    '',
    '| code | status | meaning |',
    '|---|---|---|',
    ...problems,
  ].join('\n')}\n`
}
