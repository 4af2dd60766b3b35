import { spawnSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { fluxRelay, fluxRelayProcess } from '../support/flux-relay-command.ts'

/** Whether the shell is on this machine. */
function has(shell: string): boolean {
  return spawnSync(shell, ['-c', 'exit 0']).status === 0
}

/** What a command line is completed to; the last word is the one that is begun. */
const CASES: readonly (readonly [readonly string[], readonly string[], readonly string[]])[] = [
  [[''], ['serve', 'get', 'describe', 'context', 'completion'], ['alerts', 'flux-relay']],
  [['co'], ['completion', 'context'], ['get', 'cluster']],
  [
    ['get', ''],
    ['alerts', 'alert', 'deliveries', 'providers'],
    ['serve', 'use'],
  ],
  [
    ['get', 'deliveries', '--o'],
    ['--outcome', '--object', '--output'],
    ['--alert', '--since'],
  ],
  [
    ['get', 'delivery', '-o', ''],
    ['table', 'wide', 'json', 'yaml'],
    ['--output', 'delivery'],
  ],
  [['get', 'deliveries', '--output', 'j'], ['json'], ['yaml', '--json']],
  [['describe', 'a'], ['alert'], ['delivery', 'apply']],
  [['context', ''], ['add', 'use', 'list', 'remove'], ['alerts']],
  [['completion', ''], ['bash', 'zsh', 'fish'], ['get']],
  [['replay', '--dead', '--d'], ['--dead', '--dry-run'], ['--queue']],
]

describe.skipIf(!has('bash'))('bash', () => {
  let script = ''
  beforeAll(async () => {
    const { code, stdout, stderr } = await fluxRelayProcess(['completion', 'bash'])
    expect([code, stderr]).toEqual([0, ''])
    script = stdout
  })

  /** Runs the completion as bash does for these words, and then `after`. */
  function complete(words: readonly string[], after: string) {
    const program = `
      set -u
      eval "$SCRIPT"
      complete -p flux-relay >/dev/null || exit 3
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
      _flux_relay
      ${after}`
    const env = { PATH: process.env.PATH, SCRIPT: script }
    const args = ['--norc', '-c', program, 'bash', 'flux-relay', ...words]
    const { status, stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8', env })
    expect([status, stderr]).toEqual([0, ''])
    return stdout.trim().split('\n')
  }

  it.each(CASES)('completes %j', (words, some, none) => {
    const found = complete(words, `printf '%s\\n' "\${COMPREPLY[@]}"`)
    expect(found).toEqual(expect.arrayContaining([...some]))
    for (const word of none) expect(found).not.toContain(word)
  })

  it('leaves the value of an option to files where it knows none', () => {
    expect(complete(['apply', '-f', ''], `echo "\${#COMPREPLY[@]}"`)).toEqual(['0'])
  })
})

describe.skipIf(!has('zsh'))('zsh, which is not on every machine', () => {
  it('reads the script', async () => {
    const { stdout } = await fluxRelay(['completion', 'zsh'])
    const { status, stderr } = spawnSync('zsh', ['-n'], { input: stdout, encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, ''])
  })
})

describe.skipIf(!has('fish'))('fish, which is not on every machine', () => {
  it.each(CASES)('completes %j', async (words, some, none) => {
    const { stdout } = await fluxRelay(['completion', 'fish'])
    const ask = `complete -C ${JSON.stringify(['flux-relay', ...words].join(' '))}`
    const input = `${stdout}\n${ask}\n`
    const result = spawnSync('fish', ['--no-config'], { input, encoding: 'utf8' })
    const found = result.stdout.split('\n').map((line) => line.split('\t')[0])
    expect(found).toEqual(expect.arrayContaining([...some]))
    for (const word of none) expect(found).not.toContain(word)
  })
})

describe('flux-relay completion', () => {
  it('has every command and option for each shell', async () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const { code, stdout, stderr } = await fluxRelay(['completion', shell])
      expect([code, stderr]).toEqual([0, ''])
      for (const word of ['deliveries', 'dry-run', 'token-file', 'rotate']) {
        expect(stdout, shell).toContain(word)
      }
    }
  })

  it('says which shells it knows', async () => {
    const { code, stdout, stderr } = await fluxRelay(['completion', 'tcsh'])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('bash, zsh, fish')
  })
})
