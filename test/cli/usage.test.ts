import { describe, expect, it } from 'vitest'
import { fluxRelay } from '../support/flux-relay-command.ts'

const COMMANDS = [
  'serve',
  'ship',
  'apply',
  'validate',
  'diff',
  'send',
  'get',
  'describe',
  'replay',
  'secret',
  'context',
  'cluster',
  'version',
]

const EXPLAINED = [
  'serve',
  'ship',
  'validate',
  'get deliveries|delivery',
  'secret put',
  'cluster rotate',
]

/** Those that no relay is asked by. */
const OFFLINE: ReadonlySet<string> = new Set(['serve', 'ship', 'validate', 'version'])

describe('flux-relay', () => {
  it.concurrent.each(EXPLAINED)('explains %s', async (command) => {
    const { code, stdout, stderr } = await fluxRelay([
      ...command.replace(/\|\w+/, '').split(' '),
      '--help',
    ])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.startsWith(`Usage: flux-relay ${command} [options]`)).toBe(true)
    expect(stdout).not.toContain('default: [')
    expect(stdout.includes('FLUX_RELAY_TOKEN')).toBe(!OFFLINE.has(command))
  })

  it('shows its help when nothing is asked of it, as kubectl does', async () => {
    const [bare, help] = await Promise.all([fluxRelay([]), fluxRelay(['--help'])])
    expect(bare).toEqual({ code: 0, stdout: help.stdout, stderr: '' })
  })

  it('lists its commands, and tells its version', async () => {
    const [help, version] = await Promise.all([fluxRelay(['--help']), fluxRelay(['--version'])])
    for (const command of COMMANDS) {
      expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
    }
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect([help.code, version.code]).toEqual([0, 0])
  })

  it.concurrent.each([
    ['a group without one of its commands', ['get'], /^Usage: flux-relay get /],
    ['an unknown command', ['deliver'], /^error: unknown command 'deliver'/],
    ['an unknown option', ['validate', '-f', '.', '--all'], /^error: unknown option '--all'/],
    [
      'a missing option',
      ['apply', '-f', '.'],
      /^flux-relay: which cluster\? give --cluster NAME, or set/,
    ],
    ['a format that is none', ['get', 'alerts', '-o', 'xml'], /^error: option '-o, --output/],
    ...['validate', 'diff', 'apply', 'explain'].map(
      (command): [string, readonly string[], RegExp] => [
        `a second folder of ${command}`,
        [command, '-f', 'alerts', '-f', 'providers'],
        /^error: .* 'providers' is invalid\. it is a second one, after alerts; put both into one folder/,
      ],
    ),
    ...['send', 'explain'].map((command): [string, readonly string[], RegExp] => [
      `a second file of events of ${command}`,
      [command, '-e', 'a.json', '-e', 'b.json'],
      /^error: .* 'b\.json' is invalid\. it is a second one, after a\.json; give one file/,
    ]),
    [
      'manifests from stdin',
      ['validate', '-f', '-'],
      /expected a folder or a file; stdin is not read/,
    ],
    ['a cluster that is none', ['get', 'alerts', '--cluster', 'A'], /expected a DNS label/],
  ])('says on stderr what is wrong with %s', async (_, args, message) => {
    const { code, stdout, stderr } = await fluxRelay(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(message)
  })
})
