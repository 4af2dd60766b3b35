import { writeFileSync } from 'node:fs'
import { providerTypes } from '../../relay/providers/registry.ts'
import { OVERVIEW_FILE, overviewPage, pageFile, providerPage } from '../generate/pages.ts'
import { projectPath } from '../generate/project.ts'

// Writes the pages of all provider types: `npm run docs`.
for (const type of providerTypes.keys()) {
  writeFileSync(projectPath(pageFile(type)), await providerPage(type))
}
writeFileSync(projectPath(OVERVIEW_FILE), await overviewPage())
