import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectPath } from '../../docs/generate/project.ts'
import { succeeds } from '../servers/commands.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const hasSystemd = succeeds('systemd-analyze', ['--version'])
if (!hasSystemd) {
  process.stdout.write('test:deploy: there is no systemd-analyze; what needs it is skipped\n')
}

/** The unit in a folder of its own, with a Node that is there. */
function unitFile(): string {
  const unit = readFileSync(projectPath('deploy/systemd/flux-relay.service'), 'utf8')
  const file = join(temporaryDirectory(), 'flux-relay.service')
  writeFileSync(file, unit.replace('ExecStart=/usr/bin/node', `ExecStart=${process.execPath}`))
  return file
}

function analyze(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}` }
}

describe.skipIf(!hasSystemd)('the systemd unit', () => {
  it('has no line that systemd does not know', () => {
    const file = unitFile()
    const { said } = analyze('verify', '--recursive-errors=no', file)
    expect(said.split('\n').filter((line) => line.includes(file))).toEqual([])
  })

  it('gives the process little to do harm with', () => {
    // In tenths: what systemd itself calls OK is under 40.
    const { status, said } = analyze('security', '--offline=yes', '--threshold=15', unitFile())
    expect([status, said]).toEqual([0, expect.stringContaining('Overall exposure level')])
  })
})
