import { globSync } from 'node:fs'
import { expect, it } from 'vitest'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'

const PAGES = globSync('docs/*.md', { cwd: projectPath('.') })

/** What stands behind the title of a page, without comments. */
function opening(page: string): string {
  const text = readProjectFile(page).replace(/<!--[\s\S]*?-->\s*/g, '')
  return /^# .+\n\n([\s\S]*?)\n\n/.exec(text)?.[1] ?? ''
}

// A reader who came by a search finds out there whether it is the page to read.
it.each(PAGES)('%s begins with a paragraph about what it is for', (page) => {
  expect(opening(page)).toMatch(/^[^#|<>-][\s\S]{80,}/)
})
