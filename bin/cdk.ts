import './require-node-24.mjs'
import { createApp } from '../lib/app.ts'
import { DeploymentSettingsError } from '../lib/deployment-settings.ts'

const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env

try {
  createApp({ ...(account && region && { env: { account, region } }) }).app.synth()
} catch (error) {
  if (!(error instanceof DeploymentSettingsError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
