import { existsSync, globSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'
import project from '../../package.json' with { type: 'json' }

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number
  readonly steps: readonly Step[]
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

const FILES = globSync('.github/workflows/*.yml', { cwd: projectPath('.') }).sort()
const workflows = FILES.map((file) => {
  const text = readProjectFile(file)
  return { name: basename(file, '.yml'), text, workflow: parse(text) as Workflow }
})
const jobs = workflows.flatMap(({ name, workflow }) =>
  Object.entries(workflow.jobs).map(([job, content]) => ({ name: `${name}/${job}`, ...content })),
)
const steps = jobs.flatMap((job) => job.steps.map((step) => ({ job: job.name, ...step })))
const runs = steps.flatMap(({ job, run }) => (run === undefined ? [] : [{ job, run }]))

/** What a job may do beside reading the sources. Who adds a right adds it here, with a reason in the file. */
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  'release/attest': ['attestations', 'id-token'],
  'release/npm': ['id-token'],
  'release/image': ['attestations', 'id-token', 'packages'],
  'release/chart': ['packages'],
  'release/notes': ['contents'],
}

describe('the workflows', () => {
  it('are those for changes and for releases', () => {
    expect(workflows.map(({ name }) => name)).toEqual(['ci', 'release'])
    expect(jobs.length).toBeGreaterThan(5)
  })

  it('give no right to all jobs, and to each job what it needs', () => {
    for (const { workflow } of workflows) expect(workflow.permissions).toEqual({})
    for (const { name, permissions = {} } of jobs) {
      const written = Object.entries(permissions).flatMap(([right, level]) =>
        level === 'write' ? [right] : [],
      )
      expect(written.sort(), name).toEqual(RIGHTS[name] ?? [])
    }
  })

  it('never run for a fork with the rights of the repository', () => {
    const events = workflows.flatMap(({ workflow }) => Object.keys(workflow.on))
    expect(events).not.toContain('pull_request_target')
    expect(events).not.toContain('workflow_run')
  })

  it('build nothing of what npm installs where something may be published', () => {
    const installing = runs.filter(({ run }) => /\bnpm (ci|install|test|run)\b/.test(run))
    expect(new Set(installing.map(({ job }) => job))).toEqual(new Set(['release/build']))
  })

  it('end what hangs', () => {
    expect(jobs.filter((job) => !(Number(job['timeout-minutes']) > 0))).toEqual([])
  })

  it('take each action by its commit, and name its version', () => {
    const named = workflows.flatMap(({ text }) => text.match(/^.*\buses: .*$/gm) ?? [])
    expect(named.length).toBe(steps.filter(({ uses }) => uses !== undefined).length)
    const pinned = /^ *-? *uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/
    expect(named.filter((line) => !pinned.test(line))).toEqual([])
    // One commit for each action.
    const byAction = Map.groupBy(
      new Set(named.map((line) => line.replace(/^.*uses: /, ''))),
      (it) => it.slice(0, it.indexOf('@')),
    )
    expect([...byAction.values()].filter((commits) => commits.length > 1)).toEqual([])
  })

  it('leave no credential in the checkout', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    expect(checkouts.length).toBeGreaterThan(0)
    for (const { with: options } of checkouts) {
      expect(options).toMatchObject({ 'persist-credentials': false })
    }
  })

  it('put no expression, and so no secret and no name of a branch, into a shell line', () => {
    expect(runs.filter(({ run }) => run.includes('${{'))).toEqual([])
    expect(workflows.filter(({ text }) => text.includes('secrets.'))).toEqual([])
  })

  it('call scripts and files that are there', () => {
    const scripts = runs.flatMap(({ run }) =>
      [...run.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, script = '']) => script),
    )
    expect(scripts).toContain('package')
    expect(scripts.filter((script) => !(script in project.scripts))).toEqual([])
    const paths = runs.flatMap(
      ({ run }) => run.match(/(?<![\w/.])(?:deploy|\.ci)\/[\w./-]+/g) ?? [],
    )
    expect(paths).toContain('.ci/run')
    expect(paths.filter((path) => !existsSync(projectPath(path)))).toEqual([])
  })

  it('build the images that the Dockerfile has', () => {
    const { strategy } = parse(readProjectFile('.github/workflows/release.yml')).jobs.image
    const targets = strategy.matrix.include.map(({ target }: { target: string }) => target)
    for (const target of targets) {
      expect(readProjectFile('deploy/Dockerfile')).toMatch(
        new RegExp(`^FROM .* AS ${target}$`, 'm'),
      )
    }
  })
})

describe('updates of dependencies', () => {
  it('wait for a week at least', () => {
    const { updates } = parse(readProjectFile('.github/dependabot.yml'))
    const names = updates.map((update: Record<string, string>) => update['package-ecosystem'])
    expect(names).toEqual(['npm', 'github-actions', 'docker'])
    for (const { cooldown, directory } of updates) {
      expect(cooldown['default-days']).toBeGreaterThanOrEqual(7)
      expect(existsSync(projectPath(`.${directory}`))).toBe(true)
    }
  })
})

describe('forms of issues', () => {
  const forms = globSync('.github/ISSUE_TEMPLATE/*.yml', { cwd: projectPath('.') })
    .filter((file) => basename(file) !== 'config.yml')
    .map((file) => parse(readProjectFile(file)))

  it('have what GitHub needs', () => {
    expect(forms).toHaveLength(2)
    for (const { name, description, body } of forms) {
      expect([typeof name, typeof description]).toEqual(['string', 'string'])
      const fields = body.filter(({ type }: { type: string }) => type !== 'markdown')
      const ids = fields.map(({ id }: { id: string }) => id)
      expect(ids).not.toContain(undefined)
      expect(new Set(ids).size).toBe(ids.length)
      expect(fields.every((field: { attributes: object }) => 'label' in field.attributes)).toBe(
        true,
      )
    }
  })
})
