import { writeFileSync } from 'node:fs'
import { providerTypes } from '../../relay/providers/registry.ts'
import { API_PAGE_FILE, apiPage, OPENAPI_FILE, openApiText } from './api-page.ts'
import { OVERVIEW_FILE, overviewPage, pageFile, providerPage } from './pages.ts'
import { projectPath } from './project.ts'

// Writes the pages of all provider types and of the API, and `openapi.json`: `npm run docs`.
for (const type of providerTypes.keys()) {
  writeFileSync(projectPath(pageFile(type)), await providerPage(type))
}
writeFileSync(projectPath(OVERVIEW_FILE), await overviewPage())
writeFileSync(projectPath(API_PAGE_FILE), apiPage())
writeFileSync(projectPath(OPENAPI_FILE), openApiText())
