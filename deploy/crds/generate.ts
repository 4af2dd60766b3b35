import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { policyText } from '../admission/policy.ts'
import { definitionFiles } from './definitions.ts'
import { schemaFiles } from './json-schemas.ts'

// Writes the CustomResourceDefinitions, the JSON Schemas and the admission policy: `npm run crds`.
for (const { name, text } of definitionFiles()) {
  writeFileSync(resolve(import.meta.dirname, name), text)
}
for (const { name, text } of schemaFiles()) {
  writeFileSync(resolve(import.meta.dirname, '../schemas', name), text)
}
writeFileSync(resolve(import.meta.dirname, '../admission/policy.yaml'), policyText())
