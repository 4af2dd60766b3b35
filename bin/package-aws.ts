import './require-node-24.mjs'
import { resolve } from 'node:path'
import cdkJson from '../cdk.json' with { type: 'json' }
import { writePackage } from '../lib/package/write-package.ts'

// `npm run package:aws [-- FOLDER]`.
const [folder = resolve(import.meta.dirname, '../dist/aws')] = process.argv.slice(2)
const { archives, template } = writePackage(folder, cdkJson.context)
for (const file of [...Object.values(archives), template])
  process.stdout.write(`${folder}/${file}\n`)
