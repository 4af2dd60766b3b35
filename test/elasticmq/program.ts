import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { unpackDebianPackage } from '../support/debian-package.ts'

const VERSION = '1.6.11'
const CACHE = resolve(import.meta.dirname, '../../node_modules/.cache/elasticmq')
const JAVA_PACKAGES = ['openjdk-17-jre-headless', 'openjdk-21-jre-headless'] as const

/** Thirty megabytes, from a registry that may be slow. */
const DOWNLOADED_WITHIN_MS = 300_000

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>flux-relay</groupId><artifactId>elasticmq</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.elasticmq</groupId><artifactId>elasticmq-server_2.13</artifactId><version>${VERSION}</version>
  </dependency></dependencies>
</project>
`

/** How ElasticMQ is started. */
export interface ElasticMq {
  readonly java: string
  readonly classPath: string
}

/** ElasticMQ and a Java for it, or what is missing. */
export function findElasticMq(): ElasticMq | { readonly missing: string } {
  const java = findJava()
  if (java === undefined) return { missing: 'no Java, and its Debian package cannot be had' }
  const libraries = join(CACHE, VERSION)
  if (!existsSync(libraries)) {
    const problem = download(libraries)
    if (problem !== undefined) return { missing: problem }
  }
  return { java, classPath: join(libraries, '*') }
}

/** The machine's own, else that of Debian's package, unpacked and not installed. */
function findJava(): string | undefined {
  if (runs('java')) return 'java'
  for (const name of JAVA_PACKAGES) {
    const folder = join(CACHE, name)
    const jvms = join(folder, 'usr/lib/jvm')
    if (!existsSync(jvms)) {
      mkdirSync(folder, { recursive: true })
      unpackDebianPackage(name, folder)
    }
    const found = existsSync(jvms) ? readdirSync(jvms) : []
    const java = found.map((jvm) => join(jvms, jvm, 'bin/java')).find(runs)
    if (java !== undefined) return java
  }
  return undefined
}

function runs(java: string): boolean {
  return spawnSync(java, ['-version']).status === 0
}

/** Why Maven could not bring it; undefined when it is there. */
function download(libraries: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'flux-relay-elasticmq-'))
  try {
    const pom = join(folder, 'pom.xml')
    writeFileSync(pom, POM)
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${libraries}`]
    const args = ['-q', '-B', '-f', pom, ...goal, '-DincludeScope=runtime']
    const { error, status } = spawnSync('mvn', args, { timeout: DOWNLOADED_WITHIN_MS })
    if (status === 0) return undefined
    rmSync(libraries, { recursive: true, force: true })
    return `Maven does not bring ElasticMQ: ${error?.message ?? `it ended with ${status}`}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
