import { expect, it } from 'vitest'
import { readProjectFile } from '../../docs/generate/project.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { example } from '../support/relay-manifests.ts'
import { readyUrl, startProgram } from '../support/relay-process.ts'
import { eventually } from '../support/served.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

it('shows a newcomer the Slack message of an event, as the README has it', async () => {
  const flags = ['--port', '0', '--data', temporaryDirectory()]
  const npm = startProgram('npm', ['start', '--', ...flags], { ownGroup: true })
  const url = await readyUrl(npm)

  // What `curl -d @FILE` sends.
  const posted = await fetch(`${url}/`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: example('events/kustomization-health-check-failed.json').replaceAll('\n', ''),
  })
  expect(posted.status).toBe(202)
  expect(await posted.text()).toBe('')

  await eventually(async () => {
    expect(await (await fetch(`${url}/echo`)).json()).toMatchObject([
      {
        contentType: 'application/json',
        body: {
          channel: 'general',
          attachments: [
            {
              color: 'danger',
              author_name: 'kustomization/podinfo.flux-system',
              fields: [{ title: 'cluster', value: 'quickstart' }, { title: 'revision' }],
            },
          ],
        },
      },
    ])
  })

  // The README's second command sends the same, of now, and waits for what comes of it.
  const [, command = ''] =
    /^npm run --silent flux-relay -- (send .*)$/m.exec(readProjectFile('README.md')) ?? []
  const args = [...command.split(' '), '--relay', url]
  const { code, stdout: shown, stderr } = await fluxRelay(args)
  expect([code, stderr]).toEqual([0, ''])
  expect(shown).toMatch(/^1 accepted, 0 rejected\nID .*\n.* suppressed .* repeats the event /)

  // Ctrl-C in a terminal reaches npm and the relay alike.
  const { stdout } = await npm.end('SIGINT')
  expect(stdout).toContain('"msg":"delivered"')
  expect(stdout).toMatch(/"finished":true.*"msg":"stopped/)
})
