/** A file that names the version, and what it names. */
export interface NamedVersion {
  readonly file: string
  readonly version: string
}

/** Throws when the tag is not `v` and the version, or when a file names another version. */
export function requireOneVersion(
  tag: string,
  version: string,
  others: readonly NamedVersion[],
): void {
  if (tag !== `v${version}`) {
    throw new Error(
      `the tag is ${tag}, and package.json says ${version}: the tag has to be v${version}`,
    )
  }
  const wrong = others.filter((other) => other.version !== version)
  if (wrong.length === 0) return
  const named = wrong.map((other) => `${other.file} says ${other.version}`).join(', ')
  throw new Error(`package.json says ${version}, but ${named}`)
}
