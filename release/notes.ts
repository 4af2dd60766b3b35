import { parse } from 'yaml'
import { readProjectFile } from '../docs/generate/project.ts'
import project from '../package.json' with { type: 'json' }
import { changelogSection } from './changelog.ts'
import { requireOneVersion } from './versions.ts'

// `npm run release:notes -- vVERSION`: prints what the changelog says of the version, and fails where
// anything that is released would name another one.
const CHART = 'deploy/charts/flux-relay/Chart.yaml'

try {
  const [tag = ''] = process.argv.slice(2)
  const { version, appVersion } = parse(readProjectFile(CHART))
  const chart = [version, appVersion].map((each) => ({ file: CHART, version: String(each) }))
  requireOneVersion(tag, project.version, chart)
  process.stdout.write(changelogSection(readProjectFile('CHANGELOG.md'), project.version))
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
