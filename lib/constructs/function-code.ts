import { resolve } from 'node:path'
import { AssetHashType, DockerImage } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import { bundleFunction, entryOf } from '../bundle.ts'
import type { FunctionName } from '../function-names.ts'

/** The function's bundle as an asset. It builds in this process, and needs no Docker. */
export function bundledCode(name: FunctionName): Code {
  return Code.fromAsset(resolve(entryOf(name), '..'), {
    // What goes into the bundle comes from all over the project.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('not-used'),
      local: {
        tryBundle(folder: string): boolean {
          bundleFunction(name, folder)
          return true
        },
      },
    },
  })
}
