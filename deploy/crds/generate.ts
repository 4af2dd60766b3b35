import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { schemaFiles } from '../schemas/schemas.ts'
import { definitionFiles } from './definitions.ts'

// Writes the CustomResourceDefinitions and the JSON Schemas: `npm run crds`.
for (const { name, text } of definitionFiles()) {
  writeFileSync(resolve(import.meta.dirname, name), text)
}
for (const { name, text } of schemaFiles()) {
  writeFileSync(resolve(import.meta.dirname, '../schemas', name), text)
}
