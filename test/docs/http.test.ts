import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { projectPath } from '../../docs/generate/project.ts'
import openapi from '../../openapi.json' with { type: 'json' }

const PAGE = readFileSync(projectPath('docs/http.md'), 'utf8')

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[]
}

const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.entries(methods as Readonly<Record<string, Operation>>).map(
    ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
  ),
)

it('docs/http.md has a row for each operation', () => {
  const rows = new Set([...PAGE.matchAll(/^\| `([A-Z]+ \S+)`/gm)].map(([, route]) => route))
  expect(operations.map(([route]) => route).filter((route) => !rows.has(route))).toEqual([])
})

it('docs/http.md has each filter of deliveries', () => {
  const parameters = new Map(operations).get('GET /v1/deliveries')?.parameters ?? []
  const names = parameters.filter((each) => each.in === 'query').map(({ name }) => name)
  const section = PAGE.slice(PAGE.indexOf('\n## Listing deliveries\n'))
  const paragraph = section.slice(0, section.indexOf('.\n'))
  expect(names.filter((name) => !paragraph.includes(`\`${name}\``))).toEqual([])
})
