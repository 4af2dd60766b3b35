// Builds kube-apiserver and etcd, from their sources, with the machine's Go: npm run kube:assets [FOLDER]
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { downloadModule, go } from '../support/go.ts'
import { CACHE_FOLDER, PROGRAMS } from './programs.ts'

const KUBERNETES = '1.35.4'
const ETCD = '3.6.16'

/** The modules of one are part of the other's repository, with a version of their own. */
const STAGED_VERSION = `v0.${KUBERNETES.slice('1.'.length)}`

interface Program {
  readonly name: (typeof PROGRAMS)[number]
  readonly module: string
  readonly version: string
  /** Of its `main`. */
  readonly path: string
  /** What the module's own go.mod has, and its users have to say again. */
  readonly goModLines: (own: GoMod) => readonly string[]
}

/** What `go mod edit -json` prints: https://go.dev/ref/mod#go-mod-edit */
const GoMod = z.object({
  Go: z.string(),
  Godebug: z.array(z.object({ Key: z.string(), Value: z.string() })).nullish(),
  Replace: z
    .array(z.object({ Old: z.object({ Path: z.string() }), New: z.object({ Path: z.string() }) }))
    .nullish(),
})
type GoMod = z.infer<typeof GoMod>

const SOURCES: readonly Program[] = [
  {
    name: 'etcd',
    module: 'go.etcd.io/etcd/server/v3',
    version: `v${ETCD}`,
    path: 'go.etcd.io/etcd/server/v3',
    goModLines: () => [],
  },
  {
    name: 'kube-apiserver',
    module: 'k8s.io/kubernetes',
    version: `v${KUBERNETES}`,
    path: 'k8s.io/kubernetes/cmd/kube-apiserver',
    goModLines: stagedModules,
  },
]

function stagedModules({ Godebug, Replace }: GoMod): readonly string[] {
  const staged = (Replace ?? []).filter(({ New }) => New.Path.startsWith('./staging/'))
  return [
    ...(Godebug ?? []).map(({ Key, Value }) => `godebug ${Key}=${Value}`),
    ...staged.map(({ Old }) => `replace ${Old.Path} => ${Old.Path} ${STAGED_VERSION}`),
  ]
}

/** Builds one in a module of its own, which only requires it. */
function build({ name, module, version, path, goModLines }: Program, target: string): void {
  const folder = mkdtempSync(join(tmpdir(), `flux-relay-${name}-`))
  try {
    const { GoMod: file } = downloadModule(folder, module, version)
    const own = GoMod.parse(JSON.parse(go(folder, ['mod', 'edit', '-json', file])))
    const lines = [
      'module flux-relay.test/assets',
      `go ${own.Go}`,
      `require ${module} ${version}`,
      ...goModLines(own),
    ]
    writeFileSync(join(folder, 'go.mod'), `${lines.join('\n')}\n`)
    const output = join(target, name)
    const flags = ['-mod=mod', '-trimpath', '-ldflags=-s -w', '-o', output]
    go(folder, ['build', ...flags, path], { variables: { CGO_ENABLED: '0' } })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Builds what is not there in these versions. */
function buildInto(target: string): void {
  const mark = join(target, 'versions')
  const versions = `kube-apiserver ${KUBERNETES}, etcd ${ETCD}\n`
  if (!existsSync(mark) || readFileSync(mark, 'utf8') !== versions) {
    for (const program of PROGRAMS) rmSync(join(target, program), { force: true })
  }
  mkdirSync(target, { recursive: true })
  writeFileSync(mark, versions)
  for (const program of SOURCES) {
    if (!existsSync(join(target, program.name))) build(program, target)
  }
}

const target = resolve(process.argv[2] ?? CACHE_FOLDER)
try {
  buildInto(target)
  process.stdout.write(`${target}\n`)
} catch (error) {
  const reason = error instanceof Error ? error.message : error
  process.stdout.write(`kube:assets: skipped, since they cannot be built: ${reason}\n`)
}
