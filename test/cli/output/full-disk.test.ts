import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { expect, it } from 'vitest'
import { ROOT } from '../../support/relay-process.ts'

// Every write to /dev/full fails with ENOSPC. See full(4).
it.skipIf(!existsSync('/dev/full'))('a command says that its output has no room', () => {
  const full = openSync('/dev/full', 'w')
  const args = ['bin/flux-relay.ts', '--version']
  const ended = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', full, 'pipe'] })
  closeSync(full)
  expect([String(ended.stderr), ended.status]).toEqual([
    'error: cannot write to standard output: ENOSPC: no space left on device, write\n',
    1,
  ])
})
