import { join } from 'node:path'
import { earlierReleaseMissing, writeEarlierRelease } from '../test/support/earlier-release.ts'
import type { Bench } from './processes.ts'

/** The sources of the commit that the targets are measured from; or why they cannot run. */
export function checkOutBaseline({ directory }: Bench): { readonly project: string } | string {
  const missing = earlierReleaseMissing()
  if (missing !== undefined) return missing
  const project = join(directory, 'baseline')
  writeEarlierRelease(project)
  return { project }
}
