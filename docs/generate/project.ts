import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** The project's folder. */
const ROOT = resolve(import.meta.dirname, '../..')

/** The absolute path of a file that is named from the project's folder. */
export function projectPath(file: string): string {
  return resolve(ROOT, file)
}

/** The text of such a file. Throws when there is none. */
export function readProjectFile(file: string): string {
  return readFileSync(projectPath(file), 'utf8')
}
