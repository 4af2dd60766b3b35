import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { definitionFiles } from './definitions.ts'

// Writes the CustomResourceDefinitions: `npm run crds`.
for (const { name, text } of definitionFiles()) {
  writeFileSync(resolve(import.meta.dirname, name), text)
}
