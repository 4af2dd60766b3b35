import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

type Json = Readonly<Record<string, unknown>>

/** A resource of a template. */
export interface Resource {
  readonly Type: string
  readonly Properties: Json
}

/** A deployment as CDK makes it of some sources: its template, and the functions' bundles. */
export interface Build {
  /** The folder of its sources. */
  readonly project: string
  readonly resources: Readonly<Record<string, Resource>>
  readonly outputs: Readonly<Record<string, { readonly Value: unknown }>>
  functionOf(name: string): BuiltFunction
  /** The form of the lines of the API's log. */
  readonly accessLogFormat: string
}

export interface BuiltFunction {
  /** Where its index.mjs is. */
  readonly folder: string
  readonly properties: Json
}

/**
 * Synthesises the deployment of a folder by its own code and the settings of its own cdk.json, into a
 * new folder. Throws when it cannot run.
 */
export function buildDeployment(project: string, outdir: string): Build {
  if (!existsSync(join(project, 'node_modules'))) {
    throw new Error(`${project} has no node_modules: link those of a project with the same ones`)
  }
  const program = `
    import { readFileSync } from 'node:fs'
    import { createApp } from ${JSON.stringify(pathToFileURL(join(project, 'lib/app.ts')).href)}
    const { context } = JSON.parse(readFileSync('cdk.json', 'utf8'))
    createApp({
      app: {
        context,
        outdir: ${JSON.stringify(outdir)},
        analyticsReporting: false,
        builtinCloudFormationValidation: false,
      },
    }).app.synth()`
  const args = ['--input-type=module', '--eval', program]
  execFileSync(process.execPath, args, { cwd: project, stdio: ['ignore', 'ignore', 'pipe'] })
  const template = JSON.parse(readFileSync(templatePath(outdir), 'utf8')) as {
    readonly Resources: Build['resources']
    readonly Outputs: Build['outputs']
  }
  const { Resources: resources, Outputs: outputs } = template
  return {
    ...{ project, resources, outputs, accessLogFormat: accessLogFormatIn(resources) },
    functionOf(name) {
      const found = Object.values(resources).find(
        ({ Type, Properties: { FunctionName } }) =>
          Type === 'AWS::Lambda::Function' && String(FunctionName).endsWith(`-${name}`),
      )
      if (!found) throw new Error(`${project} deploys no function ${name}`)
      const { S3Key } = found.Properties.Code as { readonly S3Key: string }
      const folder = join(outdir, `asset.${S3Key.replace('.zip', '')}`)
      return { folder, properties: found.Properties }
    },
  }
}

function accessLogFormatIn(resources: Build['resources']): string {
  const stage = Object.values(resources).find(({ Type }) => Type === 'AWS::ApiGatewayV2::Stage')
  const settings = stage?.Properties.AccessLogSettings as { readonly Format: string } | undefined
  return settings?.Format ?? ''
}

function templatePath(outdir: string): string {
  const manifest = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8')) as {
    readonly artifacts: Readonly<
      Record<string, { readonly type: string; readonly properties?: Json }>
    >
  }
  const stacks = Object.entries(manifest.artifacts).filter(
    ([name, { type }]) => type === 'aws:cloudformation:stack' && !name.endsWith('-observability'),
  )
  const file = stacks[0]?.[1].properties?.templateFile
  return join(outdir, String(file))
}
