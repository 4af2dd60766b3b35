import { existsSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'

// What is in docs/providers/about becomes part of the pages, which are checked.
const PAGES = globSync(['*.md', 'docs/**/*.md', 'findings/*.md'], {
  cwd: projectPath('.'),
  exclude: ['docs/providers/about/*'],
})

function withoutCode(page: string): string {
  return readProjectFile(page).replace(/^ *```[\s\S]*?^ *```$/gm, '')
}

/** As GitHub makes them of headings. Numbers behind repeated headings are left out: nothing links to one. */
function anchorsOf(page: string): readonly string[] {
  return [...withoutCode(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

function isBroken(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : join(dirname(page), path)
  if (!existsSync(projectPath(target))) return true
  return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor)
}

it.each(PAGES)('%s links to files and headings that are there', (page) => {
  const links = [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  const relative = links.filter((link) => !/^[a-z]+:/.test(link))
  expect(relative.filter((link) => isBroken(page, link))).toEqual([])
})

it('the list of decisions has each one, in order, by its title', () => {
  const files = globSync('docs/adr/0*.md', { cwd: projectPath('.') }).sort()
  const lines = files.map((file) => {
    const [title = ''] = readProjectFile(file).split('\n')
    return `- [${title.replace('# ', '')}](${file.replace('docs/adr/', '')})`
  })
  const listed = readProjectFile('docs/adr/README.md').match(/^- \[.*$/gm)
  expect(listed).toEqual(lines)
})
