import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectPath } from '../../docs/generate/project.ts'
import { closedPort, startHttpServer } from '../support/servers.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const SERVE = ['node', '/opt/flux-relay/bin/flux-relay.cjs', 'serve', '--host=::', '--data=/data']

/** The exit code of the images' health check in a container that runs a command line. */
async function healthOf(commandLine: readonly string[], defaultPort: number): Promise<number> {
  const file = join(temporaryDirectory(), 'cmdline')
  writeFileSync(file, `${commandLine.join('\0')}\0`)
  const program = projectPath('deploy/image/health-check.mjs')
  const child = spawn(process.execPath, [program, `${defaultPort}`, file], { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  return code
}

async function healthyPort(): Promise<number> {
  const { port } = await startHttpServer(({ url }, response) => {
    response.writeHead(url === '/healthz' ? 200 : 404).end()
  })
  return port
}

it('asks at the port of the image, when the command line names none', async () => {
  expect(await healthOf(SERVE, await healthyPort())).toBe(0)
})

it.each([
  ['--port=', (port: number) => [...SERVE, `--port=${port}`]],
  ['--port', (port: number) => [...SERVE, '--port', `${port}`, '--cluster=prod']],
  ['the last of two', (port: number) => [...SERVE, '--port=1', `--port=${port}`]],
  ['behind an init', (port: number) => ['/sbin/docker-init', '--', ...SERVE, `--port=${port}`]],
  ['with a host', (port: number) => [...SERVE, '--host=127.0.0.1', `--port=${port}`]],
])('asks at the port that the command line names: %s', async (_, commandLine) => {
  expect(await healthOf(commandLine(await healthyPort()), await closedPort())).toBe(0)
})

it('asks at the address that the command line names', async () => {
  const commandLine = [...SERVE, '--host=127.0.0.2']
  expect(await healthOf(commandLine, await healthyPort())).toBe(1)
})

it('is not healthy without an answer, and with an answer that says no', async () => {
  const { port } = await startHttpServer((_, response) => response.writeHead(503).end())
  expect(await healthOf([...SERVE, `--port=${port}`], 8080)).toBe(1)
  expect(await healthOf(SERVE, await closedPort())).toBe(1)
})
