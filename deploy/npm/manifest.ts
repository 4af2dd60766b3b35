import project from '../../package.json' with { type: 'json' }

/** What is beside package.json in the package. npm adds nothing to it but that file. */
export const CONTENTS = [
  'bin',
  'console/assets',
  'deploy/schemas',
  'docs',
  'examples',
  'lib',
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'THIRD-PARTY-LICENSES.txt',
  'openapi.json',
]

/**
 * The package.json of what is published. The programs have all that they need in them, so nothing
 * depends on anything. `repository` is the URL of the repository that it is built from: npm compares it
 * with what the attested build says, so it is there only where the build knows it.
 */
export function packageManifest(repository: string | undefined) {
  const { name, version, description, license, engines, type } = project
  return {
    ...{ name, version, description, license, type, engines },
    keywords: ['flux', 'gitops', 'kubernetes', 'notifications', 'notification-controller'],
    ...(repository !== undefined && {
      repository: { type: 'git', url: `git+${repository}.git` },
      homepage: `${repository}#readme`,
      bugs: `${repository}/issues`,
    }),
    bin: { [name]: 'bin/flux-relay.cjs' },
    files: CONTENTS,
  }
}
