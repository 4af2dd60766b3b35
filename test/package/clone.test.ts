import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type ProgramOptions, ROOT, readyUrl, startProgram } from '../support/relay-process.ts'
import { expectWithin } from './measured.ts'

// The quick start of the README, as who has just cloned the repository runs it: npm fetches every package.
it('delivers its first notification within 60 s of the clone', { timeout: 600_000 }, async ({
  skip,
}) => {
  if (!existsSync(join(ROOT, '.git'))) return skip('these sources are no git repository')
  // On the disk: what npm installs is too much for a folder in memory.
  const base = mkdtempSync(join(tmpdir(), 'flux-relay-clone-'))
  onTestFinished(() => rmSync(base, { recursive: true, force: true }))
  const clone = join(base, 'flux-relay')
  const others = (process.env.PATH ?? '').split(delimiter).filter((part) => !part.startsWith(ROOT))
  const environment = {
    PATH: others.join(delimiter),
    npm_config_cache: join(base, 'cache'),
    NODE_COMPILE_CACHE: '',
  }
  const npm = (args: readonly string[], options: ProgramOptions = {}) =>
    startProgram('npm', args, { ...options, cwd: clone, environment })

  const startedAt = performance.now()
  execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${ROOT}`, clone])
  expect(await npm(['ci']).ended).toMatchObject({ code: 0 })
  const relay = npm(['start', '--', '--port', '0'], { ownGroup: true })
  const url = await readyUrl(relay)
  const send = ['send', '--example', '--cluster', 'local', '--wait', '10s', '--relay', url]
  const sent = await npm(['run', '--silent', 'flux-relay', '--', ...send]).ended
  const ms = performance.now() - startedAt
  // Where others use the machine too, only its share of the time is its own: so many want to run at once.
  const [wanting = 0] = loadavg()
  const share = Math.min(1, availableParallelism() / wanting)

  expect(sent).toMatchObject({ code: 0, stdout: expect.stringMatching(/ echo +delivered /) })
  expect(await (await fetch(`${url}/echo`)).json()).toMatchObject([
    { body: { channel: 'general' } },
  ])
  const shareText = `${Math.round(share * 100)} % of ${(ms / 1_000).toFixed(2)} s`
  expectWithin({
    what: `from the clone to the first delivery, ${shareText} (load ${wanting.toFixed(1)})`,
    ...{ ms: ms * share, atMostMs: 60_000 },
  })
})
