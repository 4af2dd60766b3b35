import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../cli/commands.ts'
import { ROOT } from '../support/relay-process.ts'

/** Runs the command line, with all modules that it loads on stderr. */
const LIST_MODULES = `
  import { writeSync } from 'node:fs'
  import { registerHooks } from 'node:module'
  const load = (url, context, next) => {
    writeSync(2, url + '\\n')
    return next(url, context)
  }
  registerHooks({ load })
  const { run } = await import('./cli/main.ts')
  await run(['node', 'flux-relay', ...process.argv.slice(1)])
`

/** What only commands with manifests, Providers or YAML need: most of what there is to load. */
const UNUSED = /\/node_modules\/(?:yaml|jose|undici|hono|@aws-sdk)\/|\/relay\/providers\//

function modulesOf(...args: readonly string[]): readonly string[] {
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', LIST_MODULES, '--', ...args],
    { cwd: ROOT, encoding: 'utf8' },
  )
  expect(status, stderr).toBe(0)
  return stderr.trim().split('\n')
}

describe('the command line', () => {
  it('shows the help of all commands without what most have no use for', () => {
    const modules = modulesOf('--help')
    for (const name of COMMANDS.keys()) {
      expect(modules).toContainEqual(expect.stringContaining(`/cli/${name}.ts`))
    }
    expect(modules.filter((url) => UNUSED.test(url))).toEqual([])
  })

  it('loads of the commands only the one that is asked for', () => {
    const modules = modulesOf('get', 'deliveries', '--help')
    const loaded = [...COMMANDS.keys()].filter((name) =>
      modules.some((url) => url.endsWith(`/cli/${name}.ts`)),
    )
    expect(loaded).toEqual(['get'])
  })
})
