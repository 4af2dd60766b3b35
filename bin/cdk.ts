import './require-node-24.mjs'
import { createApp } from '../lib/app.ts'

const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env

createApp({ ...(account && region && { env: { account, region } }) }).app.synth()
