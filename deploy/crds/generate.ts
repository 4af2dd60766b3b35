import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { definitionFiles } from './definitions.ts'
import { schemaFiles } from './json-schemas.ts'

// Writes the CustomResourceDefinitions and the JSON Schemas: `npm run crds`.
for (const { name, text } of definitionFiles()) {
  writeFileSync(resolve(import.meta.dirname, name), text)
}
for (const { name, text } of schemaFiles()) {
  writeFileSync(resolve(import.meta.dirname, '../schemas', name), text)
}
