import { describe, expect, it } from 'vitest'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { alertYaml } from '../support/manifest-files.ts'
import { manifestsFolder, providerYaml } from '../support/relay-manifests.ts'

const SECRET = { address: 'https://hooks.example/hunter2' }

function validate(files: Readonly<Record<string, string>>) {
  return fluxRelay(['validate', '-f', manifestsFolder(files)])
}

describe('flux-relay validate', () => {
  it('says of each object what a relay would say, and shows no Secret', async () => {
    const provider = providerYaml('slack', { type: 'slack' }, SECRET)
    const { code, stdout, stderr } = await validate({
      'all.yaml': `${provider}---\n${alertYaml('on-call')}`,
    })
    expect(stdout).toBe(
      'KIND       NAMESPACE     NAME      VALID   STATUS\n' +
        'Alert      flux-system   on-call   True    Initialized\n' +
        'Provider   flux-system   slack     True    Initialized\n',
    )
    expect([code, stderr]).toEqual([0, ''])
  })

  it('does not know of a Secret that is not among the files', async () => {
    const [, provider = ''] = providerYaml('slack', { type: 'slack' }).split('---\n')
    const { code, stdout } = await validate({ 'p.yaml': provider, 'a.yaml': alertYaml('on-call') })
    expect(stdout).toMatch(/^Alert .* Unknown .*Provider flux-system\/slack is not ready/m)
    expect(stdout).toMatch(
      /^Provider .* Unknown .*Secret flux-system\/slack is not known to the relay/m,
    )
    expect(code).toBe(0)
  })

  it('says what bounds a try on AWS of a Provider that wants more time', async () => {
    const providers = ['15s', '16s', '51s'].map((timeout, index) =>
      providerYaml(`slack-${index}`, { type: 'slack', timeout }, SECRET),
    )
    const { code, stdout } = await validate({ 'all.yaml': providers.join('---\n') })
    expect(stdout.split('\n').slice(1, 4)).toEqual([
      expect.stringMatching(/slack-0 +True +Initialized$/),
      expect.stringMatching(/slack-1 .* on AWS a first try takes 15s at most$/),
      expect.stringMatching(/slack-2 .* 15s at most, a later one 50s at most$/),
    ])
    expect(code).toBe(0)
  })

  it('fails for an object that cannot take effect', async () => {
    const { code, stdout, stderr } = await validate({ 'a.yaml': alertYaml('on-call') })
    expect(stdout).toMatch(/^Alert .* False .*there is no Provider flux-system\/slack$/m)
    expect(stderr).toMatch(/^flux-relay: -f .*: 1 object not valid$/m)
    expect(code).toBe(1)
  })

  it('names a Receiver, and finds nothing wrong with it', async () => {
    const receiver =
      'apiVersion: notification.toolkit.fluxcd.io/v1\nkind: Receiver\nmetadata: {name: hook}\n'
    const { code, stdout, stderr } = await validate({
      'all.yaml': `${providerYaml('slack', { type: 'slack' }, SECRET)}---\n${receiver}`,
    })
    expect([code, stdout]).toEqual([0, expect.not.stringContaining('Receiver')])
    expect(stderr).toMatch(
      /^all\.yaml:\d+: Receiver\/default\/hook: is not used: .*notification-controller/,
    )
  })

  it('fails for a file that cannot be read as manifests, by its line', async () => {
    const { code, stdout, stderr } = await validate({
      'a.yaml': alertYaml('on-call', 'loud'),
      'p.yaml': providerYaml('slack', { type: 'slack' }, SECRET),
    })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^a\.yaml:\d+: Alert\/flux-system\/on-call: spec\.eventSeverity: /m)
    expect(stderr).toMatch(/^flux-relay: -f .*: 1 problem$/m)
    expect(stderr).not.toContain('hunter2')
  })
})
