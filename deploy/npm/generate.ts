import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { writeNpmPackage } from './write-package.ts'

// `npm run package [-- --repository URL] [FOLDER]`: writes what is published to npm.
const { values, positionals } = parseArgs({
  options: { repository: { type: 'string' } },
  allowPositionals: true,
})
const [folder = resolve(import.meta.dirname, '../../dist/package')] = positionals
await writeNpmPackage(resolve(folder), values.repository)
process.stdout.write(`${folder}\n`)
