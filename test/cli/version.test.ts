import { describe, expect, it } from 'vitest'
import project from '../../package.json' with { type: 'json' }
import { stackTargets } from '../support/command-targets.ts'
import { startRelay, TOKENS } from '../support/embedded-server.ts'
import { fluxRelay } from '../support/flux-relay-command.ts'
import { startSink } from '../support/recording-sink.ts'
import { closedPort } from '../support/servers.ts'

const NODE = process.versions.node
const CLIENT = `flux-relay ${project.version}, Node.js ${NODE}\n`

const { open } = stackTargets()

describe('flux-relay version', () => {
  it('tells what the program is, without a relay', async () => {
    expect(await fluxRelay(['version'])).toEqual({ code: 0, stdout: CLIENT, stderr: '' })
    const { stdout } = await fluxRelay(['version', '-o', 'json'])
    expect(JSON.parse(stdout)).toEqual({ client: { version: project.version, node: NODE } })
  })

  it('tells what the relay is, which needs no token for that', async () => {
    const { server } = await startRelay({ tokens: TOKENS })
    const env = { FLUX_RELAY_URL: `http://127.0.0.1:${server.port}` }
    const text = await fluxRelay(['version', '--relay', env.FLUX_RELAY_URL])
    const stdout = `${CLIENT}relay ${project.version}, Node.js ${NODE}\n`
    expect(text).toEqual({ code: 0, stdout, stderr: '' })
    const json = await fluxRelay(['version', '-o', 'json'], { env })
    expect(JSON.parse(json.stdout)).toMatchObject({ relay: { version: project.version } })
  })

  it('tells of a relay of another version, and of one that does not say', async () => {
    const info = 'flux_relay_build_info{node_version="26.1.0",version="2.0.0-rc.1"} 1'
    const other = await startSink({ 'GET /metrics': { status: 200, body: `# HELP x\n${info}\n` } })
    const older = await startSink({ 'GET /metrics': { status: 200, body: 'up 1\n' } })
    const none = await startSink({ 'GET /metrics': { status: 404 } })
    const [first, second, third] = await Promise.all(
      [other, older, none].map(({ url }) => fluxRelay(['version', '--relay', url])),
    )
    expect(first).toMatchObject({
      code: 0,
      stdout: `${CLIENT}relay 2.0.0-rc.1, Node.js 26.1.0\n`,
    })
    expect(second).toMatchObject({ code: 1, stdout: CLIENT })
    expect(second?.stderr).toMatch(/^flux-relay: the relay does not tell its version/)
    const nothing = "flux-relay: the relay answered 404; check the relay's address\n"
    expect(third).toMatchObject({ code: 1, stderr: nothing })
  })

  it('fails for a relay that cannot be reached, and says what it is itself', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`
    const { code, stdout, stderr } = await fluxRelay(['version', '--relay', url])
    expect([code, stdout]).toEqual([1, CLIENT])
    expect(stderr).toMatch(/^flux-relay: cannot reach the relay at /)
  })

  it('tells the version of a stack, and says when the stack does not', async () => {
    const { run, stack, env, cloudFormation } = await open()
    const stdout = `${CLIENT}relay ${project.version}\n`
    expect(await run(['version'])).toEqual({ code: 0, stdout, stderr: '' })
    const json = await run(['version', '-o', 'json'])
    expect(JSON.parse(json.stdout).relay).toEqual({ version: project.version })
    const { RelayVersion: _, ...earlier } = cloudFormation.stacks.get(stack) ?? {}
    cloudFormation.stacks.set('earlier', earlier)
    const unknown = await fluxRelay(['version', '--stack', 'earlier'], { env })
    expect([unknown.code, unknown.stdout]).toEqual([1, CLIENT])
    expect(unknown.stderr).toMatch(/^flux-relay: --stack earlier: the stack does not tell its ver/)
  })
})
