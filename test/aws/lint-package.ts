// Checks what `npm run package:aws` writes with cfn-lint, and that the Terraform module can be parsed. Both
// programs are PyPI's, in a virtual environment of their own.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import cdkJson from '../../cdk.json' with { type: 'json' }
import { writePackage } from '../../lib/package/write-package.ts'
import { installFromPyPi } from './python-environment.ts'

const PACKAGES = ['cfn-lint==1.58.0', 'python-hcl2==8.1.4']

/** One region of each partition. */
const REGIONS = ['eu-central-1', 'us-gov-west-1', 'cn-north-1']

const IGNORED = [
  // CDK writes dependencies that follow from references too.
  'W3005',
  // The defaults of parameters that are used only where they are not empty.
  'W1030',
]

const PARSE = `
import glob, hcl2, sys
for name in sorted(glob.glob(sys.argv[1] + '/*.tf')):
    with open(name) as file:
        hcl2.load(file)
`

function lint(folder: string): number {
  const problem = installFromPyPi(folder, PACKAGES)
  if (problem !== undefined) {
    process.stdout.write(`lint:package: skipped, since cfn-lint cannot be installed: ${problem}\n`)
    return 0
  }
  const output = join(folder, 'package')
  const { template } = writePackage(output, cdkJson.context)
  const regions = ['--regions', ...REGIONS, '--ignore-checks', ...IGNORED]
  const module = resolve(import.meta.dirname, '../../deploy/terraform')
  const steps = [
    ['cfn-lint', [...regions, '--template', join(output, template)]],
    ['python3', ['-c', PARSE, module]],
  ] as const
  const codes = steps.map(
    ([program, args]) =>
      spawnSync(join(folder, 'bin', program), args, { stdio: 'inherit' }).status ?? 1,
  )
  return Math.max(...codes)
}

const folder = mkdtempSync(join(tmpdir(), 'flux-relay-lint-'))
try {
  process.exitCode = lint(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
