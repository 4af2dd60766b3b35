import { relative, sep } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { SLOW_FILES } from './slow-files.ts'

/**
 * Begins with the slow files of each project. Vitest itself begins with those that took longest in
 * earlier runs; in a fresh clone, which has none, with those that have the most bytes, and a small
 * file that is slow would run alone at the end.
 */
export class SlowFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    // A worker goes on with the next file only when that is of the same project.
    const projects = [...new Set(sorted.map(({ project }) => project))]
    return projects.flatMap((project) => {
      const own = sorted.filter((file) => file.project === project)
      return own.toSorted((a, b) => this.#placeOf(a) - this.#placeOf(b))
    })
  }

  #placeOf({ moduleId }: TestSpecification): number {
    const file = relative(this.ctx.config.root, moduleId).replaceAll(sep, '/')
    const place = SLOW_FILES.indexOf(file)
    return place === -1 ? SLOW_FILES.length : place
  }
}
