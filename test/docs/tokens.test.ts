import { globSync } from 'node:fs'
import { expect, it } from 'vitest'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'
import { parseTokens } from '../../hosts/embedded/tokens.ts'

const PAGES = globSync(['*.md', 'docs/*.md'], { cwd: projectPath('.') })

/** Examples of the file of tokens, with the page that has each. */
const EXAMPLES = PAGES.flatMap((page) =>
  [...readProjectFile(page).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
    .map(([, text = '']) => ({ page, text }))
    .filter(({ text }) => /^(operators|clusters):/m.test(text)),
)

it('examples of the file of tokens are found', () => {
  expect(EXAMPLES.map(({ page }) => page)).toEqual(
    expect.arrayContaining(['docs/http.md', 'docs/install.md', 'docs/moving.md']),
  )
})

it.each(EXAMPLES)('an example of the file of tokens in $page loads', ({ page, text }) => {
  expect(() => parseTokens(text, page)).not.toThrow()
})
