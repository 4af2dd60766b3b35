import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { ROOT } from '../support/relay-process.ts'

const LIST_MODULES = `
  import { registerHooks } from 'node:module'
  const load = (url, context, next) => {
    console.log(url)
    return next(url, context)
  }
  registerHooks({ load })
  await import('./cli/main.ts')
`

/** What only commands with manifests, Providers or YAML need: most of what there is to load. */
const UNUSED = /\/node_modules\/(?:yaml|jose|undici|hono|@aws-sdk)\/|\/relay\/providers\//

it('starts without what most commands have no use for', () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', LIST_MODULES],
    { cwd: ROOT, encoding: 'utf8' },
  )
  const modules = stdout.trim().split('\n')
  expect(stderr).toBe('')
  expect(modules).toContainEqual(expect.stringContaining('/cli/ship.ts'))
  expect(modules.filter((url) => UNUSED.test(url))).toEqual([])
})
