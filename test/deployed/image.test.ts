import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'
import manifest from '../../package.json' with { type: 'json' }
import { succeeds } from '../servers/commands.ts'

const MINUTES = 60_000

/** Both have the same commands. */
const engine = ['docker', 'podman'].find((program) => succeeds(program, ['info'])) ?? ''

/** The image that the two are made from; an engine may be there and no registry. */
const base = /^ARG NODE_IMAGE=(.+)$/m.exec(readProjectFile('deploy/Dockerfile'))?.[1] ?? ''

function hasBase(): boolean {
  const pulls = () => succeeds(engine, ['pull', base], { timeout: 5 * MINUTES })
  return engine !== '' && (succeeds(engine, ['image', 'inspect', base]) || pulls())
}

const canBuild = hasBase()
if (!canBuild) {
  const why = engine === '' ? 'no container engine answers' : `${engine} cannot pull ${base}`
  process.stdout.write(`test:deploy: ${why}; images are not built\n`)
}

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(engine, args, {
    cwd: projectPath('.'),
    encoding: 'utf8',
    timeout: 30 * MINUTES,
  })
  return { status, stdout: stdout.trim(), stderr }
}

describe.skipIf(!canBuild)('the images', () => {
  it.each([
    ['relay', ['--version'], manifest.version],
    ['shipper', ['--help'], '--token-file'],
  ])(
    'are built, and run as nobody on a file system that is read-only: %s',
    (target, args, says) => {
      const image = `flux-relay-test-${target}`
      const file = ['-f', 'deploy/Dockerfile', '--target', target]
      const built = run('build', ...file, '-t', image, '.')
      expect([built.status, built.stderr]).toEqual([0, expect.any(String)])
      try {
        const started = run('run', '--rm', '--read-only', '--network=none', image, ...args)
        expect(started).toMatchObject({ status: 0, stdout: expect.stringContaining(says) })
        const user = run('run', '--rm', '--entrypoint=id', image, '-u')
        expect(user.stdout).toBe('65532')
      } finally {
        run('image', 'rm', image)
      }
    },
    40 * MINUTES,
  )
})
